//! A sale from the operator's side.
//!
//! - [`announce`]: it is told, with the commitment to its draw, and from then on promised,
//! - [`acts`]: open, pause, resume, end, when it opens and how fast people are let in; and what was done so far,
//! - [`edit`]: what of it may still be changed,
//! - [`sold`]: its orders,
//! - [`state`]: what Redis is given of it.
//!
//! Every act is in the ledger's audit log.

mod acts;
mod announce;
mod edit;
mod sold;
mod state;

pub use acts::Act;
pub(crate) use state::meta_of;

use crate::ledger::{SaleRow, Words};
use crate::{Engine, Error};
use protocol::wire::SaleInfo;
use protocol::{Phase, SaleId};

impl Engine {
    /// Where a sale stands, asked of Redis: for callers that hold no room.
    pub async fn phase(&self, sale: &SaleId) -> Result<Phase, Error> {
        let state = crate::room::advance(self, sale).await?;
        state.ok_or(Error::Rebuilding)?.phase()
    }

    /// Every sale, the newest first.
    pub async fn sales(&self) -> Result<Vec<SaleInfo>, Error> {
        let rows = self.ledger.sales().await?;
        Ok(rows.iter().map(|row| self.info(row)).collect())
    }

    /// One sale. No I/O.
    pub fn sale(&self, sale: &SaleId) -> Result<SaleInfo, Error> {
        let room = self.room(sale)?;
        let Words { title, description } = room.words();
        Ok(SaleInfo {
            title,
            description,
            ..self.info(&room.row)
        })
    }

    fn info(&self, row: &SaleRow) -> SaleInfo {
        let snapshot = self.snapshot(&row.sale).ok();
        SaleInfo {
            sale: row.sale.clone(),
            title: row.title.clone(),
            description: row.description.clone(),
            price: row.price,
            units: row.units,
            limit_per_buyer: row.limit_per_buyer,
            opens_at: snapshot.as_ref().map_or(row.opens_at, |s| s.opens_at),
            phase: snapshot.map_or(Phase::Scheduled, |s| s.phase),
        }
    }
}
