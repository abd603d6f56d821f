//! What a sale has sold, for whoever sends the parcels.

use crate::{Engine, Error};
use protocol::SaleId;
use protocol::wire::SoldOrder;

/// Orders on one page of the operator's list.
const PAGE: u32 = 100;
/// Orders that are read at once for an export.
const EXPORTED: u32 = 1000;

impl Engine {
    /// The orders of a sale, the newest first, a hundred from the `from`-th on.
    pub async fn sold(&self, sale: &SaleId, from: u32) -> Result<Vec<SoldOrder>, Error> {
        self.ledger.sale(sale).await?;
        self.ledger.sold(sale, PAGE, from).await
    }

    /// The orders of a sale in the order in which they were claimed, some of them: those that follow `last`, and none
    /// when there are no more.
    pub async fn sold_after(
        &self,
        sale: &SaleId,
        last: Option<&SoldOrder>,
    ) -> Result<Vec<SoldOrder>, Error> {
        self.ledger.sale(sale).await?;
        self.ledger.sold_after(sale, EXPORTED, last).await
    }
}
