//! A unit whose payment failed goes back to the free ones, for the next in line.

use crate::redis::Units;
use crate::{Engine, Error};
use protocol::SaleId;

/// Brings back what the ledger says has to go back. Any edge may, as often as it likes: a unit is released by the
/// order that held it, once.
pub(crate) async fn bring_back(engine: &Engine, sale: &SaleId, epoch: u64) -> Result<(), Error> {
    for lost in engine.ledger.returns(sale).await? {
        let release = |units| {
            engine
                .store
                .release(sale, epoch, lost.number, &lost.order, units)
        };
        // Claimed in the ledger but not confirmed in Redis yet; a confirmation in between is found second.
        if !release(Units::Reserved).await? {
            release(Units::Claimed).await?;
        }
        engine.ledger.finish_return(sale, lost.order, epoch).await?;
    }
    Ok(())
}
