//! Laying a sale's state in Redis from the ledger.

use crate::{Engine, Error};
use protocol::SaleId;

/// Starts a new life of the sale in Redis: units and buyers from the ledger, the line from whatever is
/// still known. Several edges may do it at once; the highest epoch stays.
pub(crate) async fn rebuild(engine: &Engine, sale: &SaleId) -> Result<(), Error> {
    let epoch = engine.ledger.next_epoch(sale).await?;
    let rows = engine.ledger.sales().await?;
    let row = rows
        .into_iter()
        .find(|row| row.sale == *sale)
        .ok_or(Error::UnknownSale)?;
    let claims = engine.ledger.claims(sale).await?;
    engine.store.rebuild(&row, &claims).await?;
    tracing::warn!(%sale, epoch, claims = claims.len(), "the sale's state was laid in redis from the ledger");
    Ok(())
}
