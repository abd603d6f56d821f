//! The units: reserved for a pass, confirmed once the ledger has them, given back.

use super::answer::{happened, refusal, words};
use super::keys::Keys;
use super::{Fence, Store, scripts};
use crate::Error;
use protocol::{SaleId, TicketNumber, UnitNo};
use redis::Value;

/// What became of a click on Buy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reserved {
    /// The order: the candidate, or the one this ticket already had.
    pub order: String,
    /// The unit that was set aside.
    pub unit: UnitNo,
    /// The ledger has made it final before.
    pub claimed: bool,
    /// How far the state was then.
    pub seq: u64,
}

/// Which units are given back: reserved ones or claimed ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Units {
    /// Under a lease.
    Reserved,
    /// Claimed in the ledger, and taken out of it again.
    Claimed,
}

impl Store {
    /// Is it certain that no unit is free and this ticket holds none? A cheap question for the flood after the last
    /// unit; a `false` is no promise of anything.
    pub async fn nothing_left(&self, sale: &SaleId, number: TicketNumber) -> Result<bool, Error> {
        let keys = Keys::of(sale);
        let nothing: i8 = scripts::NOTHING_LEFT
            .key(keys.stock())
            .key(keys.held())
            .arg(number.0)
            .invoke_async(&mut self.connection.clone())
            .await?;
        Ok(nothing == 1)
    }

    /// DECR-if-positive: sets one unit aside for this ticket's pass.
    pub async fn reserve(
        &self,
        sale: &SaleId,
        fence: impl Into<Fence>,
        number: TicketNumber,
        candidate: &str,
        lease_ms: u64,
        buyers: &[String],
    ) -> Result<Reserved, Error> {
        let fence = fence.into();
        let keys = Keys::of(sale);
        let reply: Value = scripts::RESERVE
            .key(keys.meta())
            .key(keys.stock())
            .key(keys.passes())
            .key(keys.held())
            .key(keys.leases())
            .key(keys.returned())
            .key(keys.buyers())
            .arg(fence.epoch)
            .arg(number.0)
            .arg(candidate)
            .arg(lease_ms)
            .arg(fence.seq)
            .arg(buyers.join(","))
            .invoke_async(&mut self.connection.clone())
            .await?;
        let words = words(reply)?;
        match refusal(&words)?.as_slice() {
            [word @ ("ok" | "claimed"), order, unit, seq] => Ok(Reserved {
                order: (*order).to_owned(),
                unit: UnitNo(unit.parse().map_err(|_| Error::Corrupt("reserve.lua"))?),
                claimed: *word == "claimed",
                seq: seq.parse().map_err(|_| Error::Corrupt("reserve.lua"))?,
            }),
            ["limit"] => Err(Error::LimitReached),
            ["pass"] => Err(Error::PassExpired),
            _ => Err(Error::Corrupt("reserve.lua")),
        }
    }

    /// Turns a reservation into a claim, after the ledger made it durable.
    pub async fn confirm(
        &self,
        sale: &SaleId,
        epoch: u64,
        number: TicketNumber,
        order: &str,
    ) -> Result<bool, Error> {
        let keys = Keys::of(sale);
        let reply: i8 = scripts::CONFIRM
            .key(keys.meta())
            .key(keys.held())
            .key(keys.leases())
            .key(keys.passes())
            .arg(epoch)
            .arg(number.0)
            .arg(order)
            .invoke_async(&mut self.connection.clone())
            .await?;
        happened(reply)
    }

    /// Gives the unit of this order back to the free ones; `false` when the order does not hold one.
    pub async fn release(
        &self,
        sale: &SaleId,
        epoch: u64,
        number: TicketNumber,
        order: &str,
        units: Units,
    ) -> Result<bool, Error> {
        let keys = Keys::of(sale);
        let reply: i8 = scripts::RELEASE
            .key(keys.meta())
            .key(keys.stock())
            .key(keys.held())
            .key(keys.leases())
            .key(keys.returned())
            .key(keys.buyers())
            .arg(epoch)
            .arg(number.0)
            .arg(order)
            .arg(match units {
                Units::Reserved => "reserved",
                Units::Claimed => "claimed",
            })
            .invoke_async(&mut self.connection.clone())
            .await?;
        happened(reply)
    }
}
