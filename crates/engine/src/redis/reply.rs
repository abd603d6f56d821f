//! What `advance.lua` answers: the whole state of a sale, read.

use super::Fence;
use crate::Error;
use protocol::{Phase, TicketNumber};
use redis::{FromRedisValue as _, Value};
use std::collections::HashMap;

/// A reservation whose lease ran out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expired {
    /// The ticket it was made for.
    pub number: TicketNumber,
    /// The order it would have become.
    pub order: String,
}

/// The state of one sale in Redis at one moment.
#[derive(Clone, Debug)]
pub struct State {
    /// The clock of Redis, Unix ms.
    pub now: u64,
    /// Units nobody holds.
    pub free: u32,
    /// Units under a lease.
    pub reserved: u32,
    /// Reservations whose lease ran out.
    pub expired: Vec<Expired>,
    /// Which process of Redis answered; empty when it does not tell.
    pub run: String,
    meta: HashMap<String, String>,
}

impl State {
    pub(super) fn read(value: Value) -> Result<Option<Self>, Error> {
        let Value::Array(parts) = value else {
            return Err(Error::Corrupt("advance.lua"));
        };
        match parts.len() {
            0 => return Ok(None),
            1 => return Err(Error::Behind),
            _ => {}
        }
        let [now, free, reserved, meta, expired, run] =
            <[Value; 6]>::try_from(parts).map_err(|_| Error::Corrupt("advance.lua"))?;
        let meta: Vec<String> = Vec::from_redis_value(meta).map_err(redis::RedisError::from)?;
        let expired: Vec<String> =
            Vec::from_redis_value(expired).map_err(redis::RedisError::from)?;
        Ok(Some(Self {
            now: u64::from_redis_value(now).map_err(redis::RedisError::from)?,
            // A counter below zero would read as four thousand million free units.
            free: i64::from_redis_value(free)
                .map_err(redis::RedisError::from)?
                .clamp(0, i64::from(u32::MAX)) as u32,
            reserved: u32::from_redis_value(reserved).map_err(redis::RedisError::from)?,
            run: String::from_redis_value(run).map_err(redis::RedisError::from)?,
            meta: meta
                .chunks_exact(2)
                .map(|pair| (pair[0].clone(), pair[1].clone()))
                .collect(),
            expired: expired
                .chunks_exact(2)
                .filter_map(|pair| {
                    Some(Expired {
                        number: TicketNumber(pair[0].parse().ok()?),
                        order: pair[1].clone(),
                    })
                })
                .collect(),
        }))
    }

    /// Life and age of the state.
    pub fn fence(&self) -> Fence {
        Fence {
            epoch: self.number("epoch"),
            seq: self.number("seq"),
        }
    }

    /// Where the sale stands.
    pub fn phase(&self) -> Result<Phase, Error> {
        let name = self.text("phase").ok_or(Error::Corrupt("meta.phase"))?;
        name.parse().map_err(|()| Error::Corrupt("meta.phase"))
    }

    /// A field as text, if it is there.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.meta.get(field).map(String::as_str)
    }

    /// A field as a number; 0 when it is not there.
    pub fn number(&self, field: &str) -> u64 {
        self.text(field)
            .and_then(|text| text.parse().ok())
            .unwrap_or_default()
    }
}
