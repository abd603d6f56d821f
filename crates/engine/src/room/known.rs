//! Which places this edge knows to be in the ledger, of those that were asked for again. Whoever sends one proof again and
//! again, with the keys of tickets that there are, costs the ledger a look for each of these tickets and no more.
//!
//! A table that never grows: a place takes the slot of another one, which then costs a look more. What is in the ledger
//! stays there, so nothing here becomes wrong.

use protocol::ticket::Shopper;
use std::sync::{Mutex, MutexGuard, PoisonError};

const SLOTS: usize = 16_384;

/// Numbers and whose they are, each in the slot of its number; empty until there is one.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<Vec<Option<(u64, Shopper)>>>);

impl Known {
    /// Is this number known to be this shopper's?
    pub(super) fn has(&self, number: u64, shopper: &Shopper) -> bool {
        let slots = self.slots();
        matches!(slots.get(slot(number)), Some(Some((known, whose))) if *known == number && whose == shopper)
    }

    /// The ledger has this number as this shopper's.
    pub(super) fn learn(&self, number: u64, shopper: Shopper) {
        let mut slots = self.slots();
        if slots.is_empty() {
            slots.resize(SLOTS, None);
        }
        slots[slot(number)] = Some((number, shopper));
    }

    fn slots(&self) -> MutexGuard<'_, Vec<Option<(u64, Shopper)>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn slot(number: u64) -> usize {
    (number % SLOTS as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_learned_is_known_of_nobody_else_and_until_another_takes_its_slot() {
        let known = Known::default();
        assert!(!known.has(7, &[1; 16]));
        known.learn(7, [1; 16]);
        assert!(known.has(7, &[1; 16]));
        assert!(!known.has(7, &[2; 16]));
        let far = 7 + SLOTS as u64;
        assert!(!known.has(far, &[1; 16]));
        known.learn(far, [2; 16]);
        assert!(known.has(far, &[2; 16]));
        assert!(!known.has(7, &[1; 16]));
    }
}
