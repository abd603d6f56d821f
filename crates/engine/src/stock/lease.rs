//! The end of a lease: a reservation that was not claimed gives its unit back.

use crate::redis::{Expired, Units};
use crate::{Engine, Error};
use protocol::SaleId;

/// Ends one lease. The ledger decides: if its order holds the unit after all it is confirmed,
/// otherwise it is abandoned there for good and only then released, so that nobody can claim it later.
pub(crate) async fn give_up(
    engine: &Engine,
    sale: &SaleId,
    epoch: u64,
    expired: &Expired,
) -> Result<(), Error> {
    let now = engine.world.now();
    let abandoned = engine
        .ledger
        .abandon(expired.order.clone(), sale.clone(), expired.number, now)
        .await?;
    if abandoned {
        engine
            .store
            .release(sale, epoch, expired.number, &expired.order, Units::Reserved)
            .await?;
    } else {
        engine
            .store
            .confirm(sale, epoch, expired.number, &expired.order)
            .await?;
    }
    Ok(())
}
