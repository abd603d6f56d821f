//! A payment whose intent we never heard of, sought in the provider's own list.

use super::gateway::{GatewayError, Intent, Listed};
use super::worker::one_more_call;
use crate::ledger::PaymentRow;
use crate::{Engine, Error};

/// Our clock and the provider's may differ by so much, s.
const CLOCKS_DIFFER_S: u64 = 300;
/// Pages that are read. A hold that lies deeper is left to the sweeper.
const PAGES: usize = 5;
/// On a bad day one page in seven fails: a search that began anew each time would not come to its end.
const TRIES_PER_PAGE: usize = 6;

/// What became of a call for this hold, if it led to anything that the newest pages show.
pub(super) async fn of_payment(engine: &Engine, row: &PaymentRow) -> Result<Option<Intent>, Error> {
    let since = (row.updated_at / 1000).saturating_sub(CLOCKS_DIFFER_S);
    let mut after: Option<String> = None;
    for _ in 0..PAGES {
        let (page, more) = page(engine, since, after.as_deref()).await?;
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

/// One page, asked for again when no answer can be trusted; each try is paced like any call.
async fn page(
    engine: &Engine,
    since: u64,
    after: Option<&str>,
) -> Result<(Vec<Listed>, bool), Error> {
    for _ in 1..TRIES_PER_PAGE {
        one_more_call(engine).await?;
        match engine.gateway.list(since, after).await {
            Err(GatewayError::Unknown(_)) => {}
            answer => return Ok(answer?),
        }
    }
    one_more_call(engine).await?;
    Ok(engine.gateway.list(since, after).await?)
}
