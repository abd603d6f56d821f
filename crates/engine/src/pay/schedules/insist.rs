//! Acts on a ledger that others are writing to, on a machine that is busy with many cases.

use crate::Error;

/// Asks again while another process is in the way, as a shopper would: the acts are idempotent. `None` is a refusal.
pub(super) async fn insist<T>(act: impl AsyncFn() -> Result<T, Error>) -> Option<T> {
    loop {
        match act().await {
            Ok(done) => return Some(done),
            Err(Error::NotCommitted | Error::Ledger(_)) => {}
            Err(Error::ClaimRefused(_) | Error::Unprocessable(_) | Error::TicketInvalid) => {
                return None;
            }
            Err(fault) => panic!("{fault}"),
        }
    }
}

/// The same of what cannot be refused.
pub(super) async fn surely<T>(act: impl AsyncFn() -> Result<T, Error>) -> T {
    insist(act).await.expect("nobody may refuse this")
}
