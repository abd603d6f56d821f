//! The snapshot: the one broadcast that everybody reads.
//!
//! `GET status` and the event stream carry the same bytes for everyone, at most 1 KB. A browser that
//! holds a ticket computes everything else from it (see [`crate::place`]), so that watching costs nothing.

use crate::digest::{Digest, from_hex};
use crate::draw;
use crate::ids::{Rank, SaleId, TicketNumber};
use serde::{Deserialize, Serialize};

/// Where a sale stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Announced; the lobby is not open yet.
    Scheduled,
    /// Arrivals collect; order of arrival does not matter. Lasts until the draw.
    Lobby,
    /// The draw is made, the frontier moves, units are sold.
    Open,
    /// Held by the operator or by a fault; places are kept, nothing is sold.
    Paused,
    /// Every unit is claimed. A unit that comes back reopens the sale, until it is [`Snapshot::decided`].
    SoldOut,
    /// Over.
    Closed,
}

impl Phase {
    /// The name on the wire and in Redis.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Lobby => "lobby",
            Self::Open => "open",
            Self::Paused => "paused",
            Self::SoldOut => "sold_out",
            Self::Closed => "closed",
        }
    }
}

impl std::str::FromStr for Phase {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        [
            Self::Scheduled,
            Self::Lobby,
            Self::Open,
            Self::Paused,
            Self::SoldOut,
            Self::Closed,
        ]
        .into_iter()
        .find(|phase| phase.as_str() == text)
        .ok_or(())
    }
}

/// Where the units are. `free + reserved + claimed = total` at every moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Stock {
    /// Units of the sale.
    pub total: u32,
    /// Units nobody holds.
    pub free: u32,
    /// Units set aside under a lease, not durable yet.
    pub reserved: u32,
    /// Units that belong to an order for good.
    pub claimed: u32,
}

/// What is published of the draw; hexadecimal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Draw {
    /// SHA-256 of the secret, published before the lobby opens.
    pub commitment: String,
    /// When the lobby closes and the draw is made, Unix milliseconds: the opening plus the fold-in.
    pub at: u64,
    /// Tickets in the lobby when it closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Merkle root of the join transcript.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transcript: Option<String>,
    /// The secret behind the commitment, revealed with the draw.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// The seed of the permutation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<String>,
    /// Where the public beacon's value for this draw is read, known before the lobby closes; absent when the
    /// sale uses no beacon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beacon_url: Option<String>,
    /// That value, mixed into the seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beacon: Option<String>,
}

/// The state of one sale at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Snapshot {
    /// The sale.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub sale: SaleId,
    /// Where it stands.
    pub phase: Phase,
    /// Life of the Redis state; grows when it had to be rebuilt.
    pub epoch: u64,
    /// Grows with every change; a snapshot with a smaller `(epoch, seq)` is older and is ignored.
    pub seq: u64,
    /// When the edge read it, Unix milliseconds. A browser whose clock is wrong corrects by it.
    pub at: u64,
    /// The opening, Unix milliseconds.
    pub opens_at: u64,
    /// Tickets issued so far: the next one gets this number.
    pub tail: u64,
    /// Ranks below it are called.
    pub frontier: u64,
    /// Admissions per second.
    pub rate: u32,
    /// The units.
    pub stock: Stock,
    /// The draw.
    pub draw: Draw,
    /// Sold out, and every unit is paid: none comes back any more, and the holds without an order are released.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub decided: bool,
    /// Ask again after this many milliseconds, give or take a jitter of your own.
    pub poll_after_ms: u32,
    /// Something the operator, or the edge, wants everyone to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What the edge wants everyone to know, for whoever speaks another language than `message`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
}

/// What an edge has to say by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Notice {
    /// A store does not answer: places are kept, nothing is sold.
    Fault,
    /// The state is laid anew from the ledger: places are kept, nothing is sold.
    Restoring,
    /// Fewer people are let in than the rate says, because a part behind the line is slow.
    Slow,
    /// The lobby is closed, and the draw waits for the beacon.
    Beacon,
}

impl Snapshot {
    /// Is this one newer than `other`? Snapshots may arrive in any order.
    pub fn is_newer_than(&self, other: &Self) -> bool {
        (self.epoch, self.seq, self.at) > (other.epoch, other.seq, other.at)
    }

    /// The rank of a ticket, once the draw is made.
    pub fn rank_of(&self, number: TicketNumber) -> Option<Rank> {
        let seed: Digest = from_hex(self.draw.seed.as_deref()?)?;
        Some(draw::rank_of(&seed, self.draw.size?, number))
    }
}
