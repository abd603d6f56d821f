//! Leaky buckets for any number of names, in a fixed number of slots.
//!
//! A map with an entry for each network, such as keyed rate limiters have, can be filled: who owns a /32 of IPv6 has
//! four thousand million links. Here a name has one slot in each of two rows (a count-min sketch), so that
//! strangers may share a slot, and the emptier of the two counts. Names are keyed hashes, so nobody can choose
//! with whom. What an even flood over many names puts into every slot is nobody's doing in particular: the mean is
//! taken off.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A power of two. Two rows of it are 1 MiB.
const SLOTS: usize = 1 << 16;
/// How often the mean is taken, ms.
const LOOK_EVERY: u64 = 1000;

/// A slot holds the moment at which it will be empty, as it leaks one millisecond in each.
#[derive(Debug)]
pub(super) struct Buckets {
    rows: [Box<[AtomicU64]>; 2],
    /// No bucket holds more, ms.
    most: u64,
    /// The mean of all slots, ms, and when it is taken again.
    mean: AtomicU64,
    look_at: AtomicU64,
}

impl Buckets {
    /// Buckets that overflow at so many ms.
    pub(super) fn new(most: u64) -> Self {
        let row = || (0..SLOTS).map(|_| AtomicU64::new(0)).collect();
        Self {
            rows: [row(), row()],
            most,
            mean: AtomicU64::new(0),
            look_at: AtomicU64::new(LOOK_EVERY),
        }
    }

    /// How much is in this one's bucket, ms.
    pub(super) fn level(&self, name: u64, now: u64) -> u64 {
        let levels = self.slots(name).map(|slot| level_of(slot, now));
        levels[0].min(levels[1]).saturating_sub(self.mean(now))
    }

    /// Pours `ms` in.
    pub(super) fn pour(&self, name: u64, ms: u64, now: u64) {
        let full = now + self.most + self.mean(now);
        for slot in self.slots(name) {
            // Whoever pours at the same time is not lost: each adds to what it finds.
            let _ = slot.fetch_update(Relaxed, Relaxed, |empty_at| {
                Some((empty_at.max(now) + ms).min(full))
            });
        }
    }

    /// Fills this one's bucket up to `ms`, if there is less in it.
    pub(super) fn raise(&self, name: u64, ms: u64, now: u64) {
        let to = now + ms.min(self.most) + self.mean(now);
        for slot in self.slots(name) {
            slot.fetch_max(to, Relaxed);
        }
    }

    fn slots(&self, name: u64) -> [&AtomicU64; 2] {
        let at = |row: usize| (name >> (16 * row)) as usize % SLOTS;
        [&self.rows[0][at(0)], &self.rows[1][at(1)]]
    }

    /// Taken by whoever comes first after a second.
    fn mean(&self, now: u64) -> u64 {
        let due = self.look_at.load(Relaxed);
        let next = now + LOOK_EVERY;
        let mine = || self.look_at.compare_exchange(due, next, Relaxed, Relaxed);
        if now >= due && mine().is_ok() {
            let sum: u64 = self.rows[0].iter().map(|slot| level_of(slot, now)).sum();
            self.mean.store(sum / SLOTS as u64, Relaxed);
        }
        self.mean.load(Relaxed)
    }
}

fn level_of(slot: &AtomicU64, now: u64) -> u64 {
    slot.load(Relaxed).saturating_sub(now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As [`super::super::prefix::prefixes`] makes them: all bits are used.
    fn name(number: u64) -> u64 {
        let hash = protocol::digest::tagged("test/name/v1", &[&number.to_be_bytes()]);
        u64::from_be_bytes(hash[..8].try_into().unwrap())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn few_names_are_counted_as_by_a_map(pours in prop::collection::vec((0u64..20, 1u64..5000, 0u64..800), 1..120)) {
            let (buckets, mut exact, mut now) = (Buckets::new(1 << 40), [0u64; 20], 0);
            for (who, ms, later) in pours {
                now += later;
                buckets.pour(name(who), ms, now);
                let empty_at = &mut exact[who as usize];
                *empty_at = now.max(*empty_at) + ms;
                // Their sum is at most 600,000 ms, so the mean of 65,536 slots is at most 9.
                let (level, exact) = (buckets.level(name(who), now), *empty_at - now);
                prop_assert!(level <= exact && level + 9 >= exact, "{} of {}", level, exact);
            }
        }

        #[test]
        fn no_bucket_overflows(pours in prop::collection::vec(1u64..5000, 1..50), raised in 0u64..20_000) {
            let buckets = Buckets::new(10_000);
            for ms in pours {
                buckets.pour(1, ms, 0);
            }
            buckets.raise(1, raised, 0);
            prop_assert!(buckets.level(1, 0) <= 10_000);
            prop_assert!(buckets.level(1, 0) >= raised.min(10_000));
        }
    }

    #[test]
    fn a_flood_over_a_million_names_is_nobodys_and_a_crowded_one_stands_out() {
        let buckets = Buckets::new(1 << 40);
        let crowded = name(u64::MAX);
        for number in 0..1_000_000 {
            buckets.pour(name(number), 100, 0);
            if number % 1000 == 0 {
                buckets.pour(crowded, 100, 0);
            }
        }
        // 15 of 100 ms in each slot; without the mean a stranger would have those.
        let now = LOOK_EVERY;
        let stranger = buckets.level(name(u64::MAX - 1), now);
        assert!(stranger < 1000, "{stranger}");
        let level = buckets.level(crowded, now);
        assert!((90_000..110_000).contains(&level), "{level}");
        assert_eq!(buckets.rows.each_ref().map(|row| row.len()), [SLOTS; 2]);
    }
}
