//! From the state in Redis to the bytes that everyone gets.

use crate::Error;
use crate::ledger::SaleRow;
use crate::redis::State;
use bytes::Bytes;
use protocol::digest::to_hex;
use protocol::draw::commitment;
use protocol::snapshot::{Draw, Notice, Stock};
use protocol::{Phase, Snapshot};
use std::sync::Arc;

/// A notice in English, for whoever reads no more than the message.
fn in_english(notice: Notice) -> &'static str {
    match notice {
        Notice::Fault => {
            "We lost contact with our stock room. Your place is kept, nothing is sold meanwhile, and we go on by ourselves."
        }
        Notice::Restoring => {
            "Our stock room lost its notes. We restore them from our books: your place is kept, nothing is sold meanwhile, and we go on by ourselves."
        }
        Notice::Slow => {
            "We let people in more slowly for a moment, so that everything behind the line keeps up. Your place is kept."
        }
        Notice::Beacon => {
            "The lobby is closed. The draw waits for a public random number that nobody knows yet. Your place is kept."
        }
    }
}

const FULL_HEALTH: u64 = 1000;

/// A snapshot as it goes out: serialised once for everyone.
#[derive(Clone, Debug)]
pub struct Published {
    /// The snapshot.
    pub snapshot: Arc<Snapshot>,
    /// Its JSON, without a line break.
    pub bytes: Bytes,
    /// Strong ETag over the bytes, quoted.
    pub etag: Arc<str>,
    /// Does it tell of a store that does not answer?
    pub(super) fault: bool,
}

impl Published {
    pub(super) fn of(snapshot: Snapshot) -> Self {
        let bytes = serde_json::to_vec(&snapshot).unwrap_or_default();
        let hash = protocol::digest::sha256(&bytes);
        Self {
            snapshot: Arc::new(snapshot),
            etag: format!("\"{}\"", to_hex(&hash[..8])).into(),
            bytes: bytes.into(),
            fault: false,
        }
    }

    /// One that was made before Redis was asked: it may be shown, and nothing may be decided by it. An edge that
    /// comes back in mid-sale would otherwise say for a moment that the sale has not begun.
    pub(super) fn unseen(snapshot: Snapshot) -> Self {
        Self {
            fault: true,
            ..Self::of(snapshot)
        }
    }

    /// The last one, told as what it is while a store does not answer: places are kept, nothing is sold.
    pub(super) fn during_fault(&self, now: u64) -> Self {
        self.held(now, Notice::Fault)
    }

    /// The last one, told as what it is while the state is laid anew.
    pub(super) fn during_rebuild(&self, now: u64) -> Self {
        self.held(now, Notice::Restoring)
    }

    fn held(&self, now: u64, notice: Notice) -> Self {
        Self {
            fault: true,
            ..Self::of(held(&self.snapshot, now, notice))
        }
    }

    /// Would everyone see the same, but for the time?
    pub(super) fn says_the_same_as(&self, other: &Snapshot) -> bool {
        Snapshot {
            at: other.at,
            ..(*self.snapshot).clone()
        } == *other
    }
}

/// The snapshot of a sale that Redis was not asked about yet.
pub(super) fn announced(row: &SaleRow, now: u64) -> Snapshot {
    Snapshot {
        sale: row.sale.clone(),
        phase: Phase::Scheduled,
        epoch: 0,
        seq: 0,
        at: now,
        opens_at: row.opens_at,
        tail: 0,
        frontier: 0,
        rate: row.rate,
        stock: Stock {
            total: row.units,
            free: row.units,
            ..Stock::default()
        },
        draw: Draw {
            commitment: to_hex(&commitment(&row.draw_secret)),
            at: row.opens_at + row.fold_in_ms,
            beacon_url: beacon_url(row, row.opens_at + row.fold_in_ms),
            ..Draw::default()
        },
        decided: false,
        poll_after_ms: 1000,
        message: None,
        notice: None,
    }
}

/// The snapshot of what Redis says, and whether the ledger says that no unit comes back.
pub(super) fn of_state(row: &SaleRow, state: &State, decided: bool) -> Result<Snapshot, Error> {
    let phase = state.phase()?;
    let opens_at = state.number("opens_at");
    let total = row.units;
    let text = |field: &str| state.text(field).map(str::to_owned);
    // What the operator says goes before what the edge has to say.
    let (message, notice) = match (text("message"), told_by(row, state, phase)) {
        (None, Some(notice)) => (Some(in_english(notice).to_owned()), Some(notice)),
        (message, _) => (message, None),
    };
    Ok(Snapshot {
        phase,
        epoch: state.number("epoch"),
        seq: state.number("seq"),
        at: state.now,
        opens_at,
        tail: state.number("tail"),
        frontier: state.number("frontier"),
        rate: present_rate(state),
        stock: Stock {
            total,
            free: state.free,
            reserved: state.reserved,
            claimed: total.saturating_sub(state.free + state.reserved),
        },
        draw: Draw {
            at: state.number("draw_at"),
            beacon_url: beacon_url(row, state.number("draw_at")),
            beacon: text("beacon"),
            size: state.text("size").and_then(|size| size.parse().ok()),
            transcript: text("transcript"),
            secret: text("secret"),
            seed: text("seed"),
            ..announced(row, state.now).draw
        },
        decided: decided && phase == Phase::SoldOut,
        poll_after_ms: poll_after(phase, opens_at.saturating_sub(state.now)),
        message,
        notice,
        ..announced(row, state.now)
    })
}

/// Why it takes longer than it should.
fn told_by(row: &SaleRow, state: &State, phase: Phase) -> Option<Notice> {
    let awaits_beacon =
        row.beacon.is_some() && phase == Phase::Lobby && state.text("size").is_some();
    match awaits_beacon {
        true => Some(Notice::Beacon),
        false => (health(state) < FULL_HEALTH).then_some(Notice::Slow),
    }
}

/// Where anybody reads the beacon's value for a draw at this moment.
fn beacon_url(row: &SaleRow, draw_at: u64) -> Option<String> {
    let beacon = row.beacon.as_ref()?;
    let round = beacon.round_after(draw_at).to_string();
    Some(beacon.url.replace("{round}", &round))
}

/// Thousandths of the rate at which people are let in now.
fn health(state: &State) -> u64 {
    state
        .text("health")
        .map_or(FULL_HEALTH, |_| state.number("health"))
}

/// As `advance.lua` computes it.
fn present_rate(state: &State) -> u32 {
    let rate = state.number("rate") * health(state) / FULL_HEALTH;
    u32::try_from(rate).unwrap_or(u32::MAX).max(1)
}

fn held(last: &Snapshot, now: u64, notice: Notice) -> Snapshot {
    let phase = match last.phase {
        Phase::Closed | Phase::SoldOut => last.phase,
        _ => Phase::Paused,
    };
    Snapshot {
        phase,
        at: now.max(last.at + 1),
        message: Some(in_english(notice).to_owned()),
        notice: Some(notice),
        poll_after_ms: 2000,
        ..last.clone()
    }
}

/// Rarely when far from the opening, often when it matters.
fn poll_after(phase: Phase, to_opening_ms: u64) -> u32 {
    match phase {
        Phase::Scheduled | Phase::Lobby => (to_opening_ms / 4).clamp(1000, 10_000) as u32,
        Phase::Open => 1000,
        Phase::Paused => 2000,
        Phase::SoldOut => 2000,
        Phase::Closed => 30_000,
    }
}
