//! What this edge has seen of a sale's state in Redis, and whether it may go on trusting it.
//!
//! Whoever finds that the state is unfit says so here; the tick, which is woken, is the one place that repairs.

use crate::ledger::Seen;
use crate::redis::Fence;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

#[derive(Debug)]
pub(crate) struct Sight {
    seen: Mutex<Seen>,
    /// The process of Redis whose state was compared with the ledger.
    met: Mutex<Option<String>>,
    /// States of this life, or an earlier one, gave out what had an owner.
    condemned: AtomicU64,
    alarm: Notify,
}

impl Sight {
    /// Begins with what the ledger kept: an edge that starts together with an old Redis notices too.
    pub(super) fn new(seen: Seen) -> Self {
        Self {
            seen: Mutex::new(seen),
            met: Mutex::default(),
            condemned: AtomicU64::new(0),
            alarm: Notify::new(),
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far the state has to be at least.
    pub(crate) fn fence(&self) -> Fence {
        self.seen().fence
    }

    /// A script answered at this point.
    pub(crate) fn saw(&self, fence: Fence) {
        let mut seen = self.seen();
        seen.fence = seen.fence.max(fence);
    }

    /// Is this another process of Redis than the one whose state was found in order?
    pub(super) fn is_unmet(&self, run: &str) -> bool {
        let met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        met.as_deref() != Some(run)
    }

    /// The state of this process was compared with the ledger.
    pub(super) fn met(&self, run: &str) {
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        *met = Some(run.to_owned());
    }

    /// The state of this life gave out what had an owner, or has ended in the ledger.
    pub(crate) fn condemn(&self, epoch: u64) {
        self.condemned.fetch_max(epoch, Ordering::Relaxed);
        self.alarm.notify_one();
    }

    pub(super) fn is_condemned(&self, epoch: u64) -> bool {
        epoch <= self.condemned.load(Ordering::Relaxed)
    }

    /// A script refused what this edge believes: do not wait for the next tick.
    pub(crate) fn raise_alarm(&self) {
        self.alarm.notify_one();
    }

    pub(super) async fn alarmed(&self) {
        self.alarm.notified().await;
    }
}
