//! Changing a sale that is announced.
//!
//! Price, units, the limit per buyer and the policy of the holds are what people were promised when they came: they stay.
//! Whoever has them wrong ends the sale and announces another one.

use super::acts::Act;
use super::announce::{check_opening, check_words};
use crate::ledger::Words;
use crate::{Engine, Error};
use protocol::wire::{SaleEdit, SaleInfo};
use protocol::{Phase, SaleId};

impl Engine {
    /// Changes what the sale says of itself until it has ended, and when it opens until it has. Every edge shows it
    /// within about a second, and the audit log keeps it. Nothing is changed when a part of it is refused.
    pub async fn edit(&self, sale: &SaleId, edit: &SaleEdit) -> Result<SaleInfo, Error> {
        let row = self.ledger.sale(sale).await?;
        let now = self.world.now();
        let SaleEdit {
            title,
            description,
            opens_at,
        } = edit;
        check_words(title.as_deref(), description.as_deref())?;
        if (title, description, opens_at) == (&None, &None, &None) {
            return Err(Error::Unprocessable(
                "one of title, description and opens_at is to be changed",
            ));
        }
        if row.ended_at.is_some() {
            return Err(Error::WrongPhase(Phase::Closed));
        }
        if let Some(at) = *opens_at {
            check_opening(row.lobby_at, at, now)?;
            self.act(sale, Act::OpenAt(at), "").await?;
        }
        let before = row.words();
        let words = Words {
            title: title.clone().unwrap_or(row.title),
            description: description.clone().unwrap_or(row.description),
        };
        if words != before {
            self.ledger.reword(sale, words, now).await?;
        }
        let row = self.ledger.sale(sale).await?;
        if let Ok(room) = self.room(sale) {
            room.reword(row.words());
        }
        Ok(SaleInfo {
            // The snapshot follows with the next tick.
            opens_at: row.opens_at,
            ..self.info(&row)
        })
    }
}
