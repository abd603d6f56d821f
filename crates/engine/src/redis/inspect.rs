//! What `inspect.lua` answers: who holds which unit, read and not touched.

use super::keys::Keys;
use super::{Store, scripts};
use crate::Error;
use protocol::{Phase, SaleId, TicketNumber};
use redis::{FromRedisValue, Value};
use std::collections::BTreeMap;

/// Passes that are read, the latest first: enough to judge the rate of the last minutes.
const PASSES: usize = 5000;

/// A unit that somebody holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// By this ticket.
    pub number: TicketNumber,
    /// For this order.
    pub order: String,
    /// The unit.
    pub unit: u64,
    /// Who buys: hashed keys.
    pub buyers: Vec<String>,
    /// End of its lease, Unix ms; a claim has none, and is one because of that.
    pub lease: Option<u64>,
}

/// Every unit of one sale at one moment, as Redis sees it.
#[derive(Clone, Debug)]
pub struct Holdings {
    /// The clock of Redis, Unix ms.
    pub now: u64,
    /// The one counter; never below 0 unless something is broken.
    pub stock: i64,
    /// Under a lease.
    pub reserved: Vec<Held>,
    /// Claimed.
    pub claimed: Vec<Held>,
    /// Units to give out again, in order.
    pub returned: Vec<u64>,
    /// How many units each buyer's key counts.
    pub buyers: BTreeMap<String, i64>,
    /// Ends of the latest passes, Unix ms, unsorted.
    pub passes: Vec<u64>,
    meta: BTreeMap<String, String>,
}

impl Store {
    /// Reads a sale without moving it on; `None` when Redis knows nothing of it.
    pub async fn inspect(&self, sale: &SaleId) -> Result<Option<Holdings>, Error> {
        let keys = Keys::of(sale);
        let reply: Vec<Value> = scripts::INSPECT
            .key(keys.meta())
            .key(keys.stock())
            .key(keys.held())
            .key(keys.leases())
            .key(keys.returned())
            .key(keys.buyers())
            .key(keys.passes())
            .arg(PASSES)
            .invoke_async(&mut self.connection.clone())
            .await?;
        if reply.is_empty() {
            return Ok(None);
        }
        Holdings::read(reply).map(Some)
    }
}

impl Holdings {
    fn read(reply: Vec<Value>) -> Result<Self, Error> {
        let [now, stock, meta, units, leases, returned, buyers, passes] =
            <[Value; 8]>::try_from(reply).map_err(|_| Error::Corrupt("inspect.lua"))?;
        let leases: BTreeMap<String, u64> = pairs(leases)?;
        let passes: Vec<(String, u64)> = list_of_pairs(passes)?;
        let units = held(&pairs(units)?, &leases)?;
        let (reserved, claimed) = units.into_iter().partition(|unit| unit.lease.is_some());
        Ok(Self {
            now: value(now)?,
            stock: value(stock)?,
            meta: pairs(meta)?,
            reserved,
            claimed,
            returned: value(returned)?,
            buyers: pairs(buyers)?,
            passes: passes.into_iter().map(|(_, ends)| ends).collect(),
        })
    }

    /// Where the sale stands.
    pub fn phase(&self) -> Result<Phase, Error> {
        let name = self.meta.get("phase").ok_or(Error::Corrupt("meta.phase"))?;
        name.parse().map_err(|()| Error::Corrupt("meta.phase"))
    }

    /// A field of the sale as a number; 0 when it is not there.
    pub fn number(&self, field: &str) -> u64 {
        let text = self.meta.get(field);
        text.and_then(|text| text.parse().ok()).unwrap_or_default()
    }
}

fn value<T: FromRedisValue>(value: Value) -> Result<T, Error> {
    T::from_redis_value(value).map_err(|error| Error::Redis(error.into()))
}

fn list_of_pairs<T: FromRedisValue>(flat: Value) -> Result<Vec<(String, T)>, Error> {
    let flat: Vec<Value> = value(flat)?;
    let mut flat = flat.into_iter();
    let mut pairs = Vec::new();
    while let (Some(name), Some(of)) = (flat.next(), flat.next()) {
        pairs.push((value(name)?, value(of)?));
    }
    Ok(pairs)
}

fn pairs<T: FromRedisValue>(flat: Value) -> Result<BTreeMap<String, T>, Error> {
    Ok(list_of_pairs(flat)?.into_iter().collect())
}

/// `order|unit|buyer,buyer,…` by ticket number.
fn held(
    texts: &BTreeMap<String, String>,
    leases: &BTreeMap<String, u64>,
) -> Result<Vec<Held>, Error> {
    let read = |number: &str, text: &str| {
        let mut parts = text.splitn(3, '|');
        Some(Held {
            number: TicketNumber(number.parse().ok()?),
            order: parts.next()?.to_owned(),
            unit: parts.next()?.parse().ok()?,
            buyers: parts
                .next()?
                .split(',')
                .filter(|key| !key.is_empty())
                .map(str::to_owned)
                .collect(),
            lease: leases.get(number).copied(),
        })
    };
    texts
        .iter()
        .map(|(number, text)| read(number, text).ok_or(Error::Corrupt("a held unit")))
        .collect()
}
