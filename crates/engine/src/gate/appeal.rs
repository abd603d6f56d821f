//! What the operator reads of the gate's decisions, and how one is set right.

use super::device::Who;
use crate::{Engine, Error};
use protocol::SaleId;
use protocol::digest::from_hex;
use protocol::wire::Decision;

impl Engine {
    /// Why shoppers of this sale were asked for more than others, the latest first, a hundred at a time.
    pub async fn decisions(&self, sale: &SaleId, from: u32) -> Result<Vec<Decision>, Error> {
        self.room(sale)?;
        self.ledger.decisions(sale, from).await
    }

    /// Clears a shopper by the reference that they were shown: within a second or two, nothing is held any more
    /// against this device in this network.
    pub async fn clear(&self, sale: &SaleId, who: &str) -> Result<(), Error> {
        self.room(sale)?;
        let who = from_hex(who)
            .map(Who)
            .ok_or(Error::Unprocessable("a reference is 16 hexadecimal digits"))?;
        let now = self.world.now();
        self.ledger.clear(sale, who, now).await?;
        // Not whom: the log of acts is kept for good.
        let detail = "a shopper".to_owned();
        self.ledger.keep_act(sale, "clear", detail, None, now).await
    }
}
