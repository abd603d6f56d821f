//! What the operator does to a sale.

use super::answer::{refusal, words};
use super::keys::Keys;
use super::{Store, scripts};
use crate::Error;
use protocol::{Phase, SaleId};
use redis::{AsyncCommands as _, Value};

impl Store {
    /// Forgets a sale. Only what the ledger knows of it remains.
    pub async fn forget(&self, sale: &SaleId) -> Result<(), Error> {
        Ok(self.connection.clone().del(Keys::of(sale).all()).await?)
    }

    /// An act of the operator; answers the phase after it, and the life of the state that it was done in.
    pub async fn control(
        &self,
        sale: &SaleId,
        act: &str,
        word: &str,
    ) -> Result<(Phase, u64), Error> {
        let reply: Value = scripts::CONTROL
            .key(Keys::of(sale).meta())
            .arg(act)
            .arg(word)
            .invoke_async(&mut self.connection.clone())
            .await?;
        let words = words(reply)?;
        match refusal(&words)?.as_slice() {
            ["ok", phase, epoch] => match (phase.parse(), epoch.parse()) {
                (Ok(phase), Ok(epoch)) => Ok((phase, epoch)),
                _ => Err(Error::Corrupt("control.lua")),
            },
            _ => Err(Error::Corrupt("control.lua")),
        }
    }
}
