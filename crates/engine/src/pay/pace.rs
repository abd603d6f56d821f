//! A token bucket: the provider allows so many calls a second and is never asked for more.

/// Tokens arrive at a rate and collect up to a tenth of a second's worth.
#[derive(Debug)]
pub(super) struct Pace {
    per_s: u64,
    burst_milli: u64,
    milli: u64,
    at: u64,
}

impl Pace {
    /// `per_s` calls a second, the first tenth of a second's worth at once.
    pub(super) fn new(per_s: u32, now: u64) -> Self {
        let per_s = u64::from(per_s.max(1));
        let burst_milli = (per_s * 100).max(1000);
        Self {
            per_s,
            burst_milli,
            milli: burst_milli,
            at: now,
        }
    }

    /// How many calls may be made now (`now` in ms; a clock that went back earns nothing).
    pub(super) fn ready(&mut self, now: u64) -> usize {
        let earned = now.saturating_sub(self.at) * self.per_s;
        self.milli = (self.milli + earned).min(self.burst_milli);
        self.at = now;
        (self.milli / 1000) as usize
    }

    /// `calls` are made.
    pub(super) fn spend(&mut self, calls: usize) {
        self.milli = self.milli.saturating_sub(1000 * calls as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_second_sees_more_than_the_rate_and_one_burst(per_s in 1u32..500, gaps in prop::collection::vec(0u64..300, 1..200)) {
            let mut pace = Pace::new(per_s, 0);
            let mut now = 0;
            let mut calls: Vec<(u64, usize)> = Vec::new();
            for gap in gaps {
                now += gap;
                let ready = pace.ready(now);
                pace.spend(ready);
                calls.push((now, ready));
            }
            for (start, _) in &calls {
                let window: usize = calls.iter().filter(|(at, _)| at >= start && *at < start + 1000).map(|(_, n)| n).sum();
                prop_assert!(window <= per_s as usize + (per_s as usize / 10).max(1) + 1);
            }
        }
    }
}
