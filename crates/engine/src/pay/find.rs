//! A hold whose answer we never got, sought in the provider's own list by the name that we gave it.

use super::gateway::{GatewayError, Intent, Listed};
use crate::Engine;
use crate::ledger::PaymentRow;
use std::time::Duration;

/// Our clock and the provider's may differ by so much, s.
const CLOCKS_DIFFER_S: u64 = 300;
/// On a bad day one page in seven fails: a search that began anew each time would not come to its end.
const TRIES_PER_PAGE: u32 = 6;
const PAUSE: Duration = Duration::from_millis(100);

/// What became of a call for this hold, if it led to anything.
pub(super) async fn of_payment(
    engine: &Engine,
    row: &PaymentRow,
) -> Result<Option<Intent>, GatewayError> {
    let since = (row.updated_at / 1000).saturating_sub(CLOCKS_DIFFER_S);
    let mut after: Option<String> = None;
    loop {
        let (page, more) = page(engine, since, after.as_deref()).await?;
        let mut listed = page.iter();
        let ours = listed.find(|it| it.payment.as_deref() == Some(row.payment.as_str()));
        if let Some(found) = ours {
            return engine.gateway.get(&found.intent).await.map(Some);
        }
        match page.last() {
            Some(last) if more => after = Some(last.intent.clone()),
            _ => return Ok(None),
        }
    }
}

async fn page(
    engine: &Engine,
    since: u64,
    after: Option<&str>,
) -> Result<(Vec<Listed>, bool), GatewayError> {
    for tries in 1..TRIES_PER_PAGE {
        match engine.gateway.list(since, after).await {
            Err(GatewayError::Unknown(_) | GatewayError::RateLimited) => {
                tokio::time::sleep(PAUSE * tries).await;
            }
            answer => return answer,
        }
    }
    engine.gateway.list(since, after).await
}
