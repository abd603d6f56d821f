//! When nothing can be bought any more, every hold without an order is released.

use crate::{Engine, Error};
use protocol::{Phase, SaleId};

/// Owes the release of the losers' holds once the sale is decided, and answers whether it is.
///
/// A sold-out sale is decided when every unit is paid: until then one may come back for the next in
/// line, who needs the hold. The ledger judges, Redis may not have heard yet of a unit that came back.
/// A closed sale is decided at once.
pub(crate) async fn release_losers(
    engine: &Engine,
    sale: &SaleId,
    phase: Phase,
) -> Result<bool, Error> {
    let tally = engine.ledger.tally(sale).await?;
    let units = engine.room(sale)?.row.units;
    let decided = phase == Phase::Closed || tally.paid_units == u64::from(units);
    if decided && tally.open_authorizations > 0 {
        let voiding = engine
            .ledger
            .void_losers(sale.clone(), engine.world.now())
            .await?;
        if voiding > 0 {
            tracing::info!(%sale, voiding, "holds without an order are being released");
            engine.0.waiters.wake_worker();
        }
    }
    Ok(decided)
}
