//! Another process of Redis than before is a reason to compare it with the ledger, not to rebuild it: a restart
//! with all its files knows everything, an old file or a replica that was behind does not.

use crate::{Engine, Error};
use protocol::SaleId;

/// Does Redis know every claim and every place that anybody was told, in the life that the ledger says?
pub(crate) async fn is_complete(engine: &Engine, sale: &SaleId) -> Result<bool, Error> {
    let (ledger, store) = (&engine.ledger, &engine.store);
    let row = ledger.sale(sale).await?;
    let (claims, end) = (ledger.claims(sale).await?, ledger.places_end(sale).await?);
    // Read last: other edges go on meanwhile, and what the ledger knew a moment ago Redis has to know now.
    let (fence, tail) = store.age(sale).await?;
    Ok(fence.epoch == row.epoch
        && fence >= row.seen.fence
        && tail >= end
        && store.knows_all(sale, &claims).await?)
}
