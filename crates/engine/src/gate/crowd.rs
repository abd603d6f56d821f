//! How many challenges the same kind of device in the same network has asked for: counted in this edge's memory, in a
//! table that never grows.
//!
//! Two rows of counters, each entry in one place of each; the smaller one is the count (a count-min sketch). It is
//! never too small, and too large only where two entries share a place in both rows. A count is of the last ten minutes at most.

use super::device::Who;

const PLACES: usize = 4096;
/// How long a count lasts, ms.
const PERIOD_MS: u64 = 600_000;

/// The counters of one sale.
#[derive(Debug)]
pub(super) struct Crowd {
    period: u64,
    rows: Box<[[u32; PLACES]; 2]>,
}

impl Default for Crowd {
    fn default() -> Self {
        Self {
            period: 0,
            rows: Box::new([[0; PLACES]; 2]),
        }
    }
}

impl Crowd {
    /// Counts one more, and tells how many there are now.
    pub(super) fn count(&mut self, who: Who, now: u64) -> u32 {
        let period = now / PERIOD_MS;
        if period != self.period {
            *self = Self {
                period,
                ..Self::default()
            };
        }
        let Who([a, b, c, d, ..]) = who;
        let places = [[a, b], [c, d]].map(|two| usize::from(u16::from_be_bytes(two)) % PLACES);
        let counts = self.rows.iter_mut().zip(places).map(|(row, place)| {
            row[place] = row[place].saturating_add(1);
            row[place]
        });
        counts.min().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    proptest! {
        #[test]
        fn nobody_is_counted_too_few(asked in prop::collection::vec(any::<[u8; 2]>(), 0..500)) {
            let mut crowd = Crowd::default();
            let mut exact: HashMap<Who, u32> = HashMap::new();
            for [a, b] in asked {
                let who = Who([a % 4, b % 4, 0, b, 0, 0, 0, 0]);
                let count = exact.entry(who).or_default();
                *count += 1;
                prop_assert!(crowd.count(who, 5) >= *count);
            }
        }
    }

    #[test]
    fn a_count_ends_with_its_period() {
        let (mut crowd, who) = (Crowd::default(), Who([7; 8]));
        assert_eq!([0, 1].map(|_| crowd.count(who, 1)), [1, 2]);
        assert_eq!(crowd.count(who, PERIOD_MS), 1);
    }
}
