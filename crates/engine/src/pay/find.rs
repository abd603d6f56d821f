//! A payment whose intent we never heard of, sought in the provider's own list.

use super::gateway::{Intent, Listed};
use super::worker::one_more_call;
use crate::ledger::PaymentRow;
use crate::{Engine, Error};

/// Our clock and the provider's may differ by so much, s.
const CLOCKS_DIFFER_S: u64 = 300;
/// Pages that are read. A hold that lies deeper is left to the sweeper.
const PAGES: usize = 5;

/// What became of a call for this hold, if it led to anything that the newest pages show.
pub(super) async fn of_payment(engine: &Engine, row: &PaymentRow) -> Result<Option<Intent>, Error> {
    let since = (row.updated_at / 1000).saturating_sub(CLOCKS_DIFFER_S);
    let mut after: Option<String> = None;
    for _ in 0..PAGES {
        one_more_call(engine).await?;
        let (page, more) = engine.gateway.list(since, after.as_deref()).await?;
        let ours = |it: &&Listed| it.payment.as_deref() == Some(row.payment.as_str());
        if let Some(found) = page.iter().find(ours) {
            one_more_call(engine).await?;
            return Ok(Some(engine.gateway.get(&found.intent).await?));
        }
        match page.last() {
            Some(last) if more => after = Some(last.intent.clone()),
            _ => break,
        }
    }
    Ok(None)
}
