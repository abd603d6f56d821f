//! What this edge counted in one sale, and the other edges have not heard of yet.

use super::{Level, Prefix};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Most networks of each level that one call tells of: together as many as one command may carry.
const MOST: usize = 200;

/// Counts since the last call. The number of networks is bounded: of more, the rest is known to this edge alone.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    asked: AtomicBool,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    poured: HashMap<Prefix, u64>,
    of_level: [usize; Level::ALL.len()],
}

impl Tally {
    /// Somebody asked: what others know may matter from now on.
    pub(super) fn ask(&self) {
        if !self.asked.load(Relaxed) {
            self.asked.store(true, Relaxed);
        }
    }

    /// So many ms were poured into the bucket of a network that others should hear of.
    pub(super) fn add(&self, prefix: Prefix, ms: u64) {
        self.counts().add(prefix, ms);
    }

    /// All that was counted; `None` when nobody asked since the last time.
    pub(super) fn take(&self) -> Option<Vec<(Prefix, u64)>> {
        let asked = self.asked.swap(false, Relaxed);
        asked.then(|| {
            let counts = std::mem::take(&mut *self.counts());
            counts.poured.into_iter().collect()
        })
    }

    /// What could not be told, for the next call.
    pub(super) fn put_back(&self, untold: Vec<(Prefix, u64)>) {
        self.ask();
        let mut counts = self.counts();
        for (prefix, ms) in untold {
            counts.add(prefix, ms);
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    fn add(&mut self, prefix: Prefix, ms: u64) {
        if let Some(poured) = self.poured.get_mut(&prefix) {
            *poured += ms;
            return;
        }
        let known = &mut self.of_level[prefix.level as usize];
        if *known < MOST {
            *known += 1;
            self.poured.insert(prefix, ms);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_so_many_of_each_level_and_sums_those_up() {
        let tally = Tally::default();
        assert_eq!(tally.take(), None);
        tally.ask();
        for name in 0..10_000 {
            let link = Prefix {
                level: Level::V6Link,
                name,
            };
            tally.add(link, 1);
        }
        let site = Prefix {
            level: Level::V6Site,
            name: 1,
        };
        tally.add(site, 20);
        tally.add(site, 22);
        let told = tally.take().unwrap();
        assert_eq!(told.len(), MOST + 1);
        assert!(told.contains(&(site, 42)));
        assert_eq!(tally.take(), None);
        tally.put_back(told);
        assert_eq!(tally.take().unwrap().len(), MOST + 1);
    }
}
