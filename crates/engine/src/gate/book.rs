//! What the gate of one sale remembers on this edge: who comes often, what was decided about whom, and whom the
//! operator has cleared.
//!
//! Decisions above the clear band are told to the ledger, once a second and not once each: the same about the same
//! shopper is one entry with a count. However many come, at most [`MOST_WAITING`] entries wait and at most
//! [`MOST_KEPT`] of them go to the ledger in a second; what has no room is counted, not kept. A day after the sale is
//! over nothing of it is left.

use super::crowd::Crowd;
use super::device::Who;
use super::score::{Band, Reasons};
use crate::ledger::Noted;
use crate::room::Room;
use crate::{Engine, Error};
use protocol::Phase;
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// Most different decisions that wait to be kept.
const MOST_WAITING: usize = 4096;
/// Most that are kept in a second.
const MOST_KEPT: usize = 256;
/// How often.
const EVERY: Duration = Duration::from_secs(1);
/// How long after its end a sale still knows why somebody was asked for more, ms.
const KEPT_AFTER_MS: u64 = 24 * 3_600_000;

/// The memory of one sale's gate.
pub(crate) struct Book {
    /// Under which devices have their names here.
    pub(super) key: [u8; 32],
    crowd: Mutex<Crowd>,
    waiting: Mutex<BTreeMap<(Who, Reasons), Noted>>,
    cleared: RwLock<HashSet<Who>>,
}

impl fmt::Debug for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Holds a key, and names of shoppers.
        f.debug_struct("Book").finish_non_exhaustive()
    }
}

impl Book {
    /// An empty one; `key` is this edge's, the same for all its sales.
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self {
            key,
            crowd: Mutex::default(),
            waiting: Mutex::default(),
            cleared: RwLock::default(),
        }
    }

    /// Counts a challenge, and tells how many this shopper's kind has asked for.
    pub(super) fn count(&self, who: Who, now: u64) -> u32 {
        lock(&self.crowd).count(who, now)
    }

    /// Has the operator cleared them?
    pub(super) fn is_cleared(&self, who: Who) -> bool {
        let cleared = self.cleared.read().unwrap_or_else(PoisonError::into_inner);
        cleared.contains(&who)
    }

    /// Notes what was decided about somebody.
    pub(super) fn note(&self, who: Who, reasons: Reasons, suspicion: u8, band: Band, now: u64) {
        metrics::counter!("sluice_challenges_suspected_total", "band" => band.name()).increment(1);
        let mut waiting = lock(&self.waiting);
        if waiting.len() >= MOST_WAITING && !waiting.contains_key(&(who, reasons)) {
            metrics::counter!("sluice_decisions_not_kept_total").increment(1);
            return;
        }
        let noted = waiting.entry((who, reasons)).or_insert(Noted {
            who,
            reasons,
            suspicion,
            times: 0,
            first_at: now,
            last_at: now,
        });
        noted.times += 1;
        noted.last_at = now;
    }

    fn take(&self) -> Vec<Noted> {
        let mut waiting = lock(&self.waiting);
        if waiting.len() <= MOST_KEPT {
            return mem::take(&mut *waiting).into_values().collect();
        }
        (0..MOST_KEPT)
            .filter_map(|_| waiting.pop_first())
            .map(|(_, noted)| noted)
            .collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs for as long as the edge does.
pub(crate) async fn keep_book(engine: Engine, room: Arc<Room>) {
    let stop = engine.0.stop.clone();
    let keeping = async {
        let mut every = interval(EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            every.tick().await;
            if let Err(error) = keep(&engine, &room).await {
                tracing::warn!(%error, sale = %room.row.sale, "decisions of the gate were not kept");
            }
        }
    };
    stop.run_until_cancelled(keeping).await;
}

async fn keep(engine: &Engine, room: &Room) -> Result<(), Error> {
    let (sale, ledger) = (&room.row.sale, &engine.ledger);
    let noted = room.gate.take();
    if !noted.is_empty() {
        let lost = ledger.keep_decisions(sale, noted).await?;
        metrics::counter!("sluice_decisions_not_kept_total").increment(lost);
    }
    let phase = room.published().snapshot.phase;
    if matches!(phase, Phase::SoldOut | Phase::Closed) {
        // No challenge is given out any more, so nothing that is younger comes after this.
        *lock(&room.gate.crowd) = Crowd::default();
        let until = engine.world.now().saturating_sub(KEPT_AFTER_MS);
        return ledger.forget_decisions(sale, until).await;
    }
    let cleared = ledger.cleared(sale).await?.into_iter().collect();
    let mut known = room
        .gate
        .cleared
        .write()
        .unwrap_or_else(PoisonError::into_inner);
    *known = cleared;
    Ok(())
}
