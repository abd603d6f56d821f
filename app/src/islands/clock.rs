//! The edge's clock, told from the browser's.
//!
//! A shopper's clock may be minutes off and may jump. The browser's monotonic time does not, and
//! every snapshot says when the edge read it; a snapshot never arrives before it was made, so the
//! largest difference seen is the best one, until the edge's own clock is set back.

use protocol::Snapshot;

/// No answer takes so long, ms: a snapshot that seems to be older is of a clock that was set back.
const SET_BACK_MS: f64 = 30_000.0;

/// Tells the edge's time from a monotonic one, both in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Clock {
    ahead: Option<f64>,
}

impl Clock {
    /// Learns from a snapshot that arrived at `monotonic`.
    pub(crate) fn observe(&mut self, snapshot: &Snapshot, monotonic: f64) {
        let seen = snapshot.at as f64 - monotonic;
        let best = self.ahead.filter(|best| best - seen < SET_BACK_MS);
        self.ahead = Some(best.map_or(seen, |best| best.max(seen)));
    }

    /// How far the edge's time is ahead of the monotonic one, ms.
    pub(crate) fn ahead(&self) -> f64 {
        self.ahead.unwrap_or_default()
    }

    /// The edge's time at `monotonic`, Unix milliseconds.
    pub(crate) fn now(&self, monotonic: f64) -> u64 {
        (monotonic + self.ahead()).max(0.0) as u64
    }
}

/// Whole seconds from `now` until `then`, rounded up; 0 when it has passed.
pub(crate) fn seconds_until(then: u64, now: u64) -> u64 {
    then.saturating_sub(now).div_ceil(1000)
}

/// A delay around `ms`, at most `spread` (0 to 1) of it shorter or longer; `dice` is in `0..1`.
pub(crate) fn jittered(ms: f64, spread: f64, dice: f64) -> f64 {
    ms * (1.0 + spread * (2.0 * dice - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::snapshot::{Draw, Stock};
    use protocol::{Phase, SaleId};

    fn snapshot(at: u64) -> Snapshot {
        Snapshot {
            sale: SaleId::parse("s").unwrap(),
            phase: Phase::Lobby,
            epoch: 0,
            seq: 0,
            at,
            opens_at: 0,
            tail: 0,
            frontier: 0,
            rate: 1,
            stock: Stock::default(),
            draw: Draw::default(),
            decided: false,
            poll_after_ms: 1,
            message: None,
            notice: None,
        }
    }

    #[test]
    fn a_slow_answer_does_not_turn_the_clock_back() {
        let mut clock = Clock::default();
        clock.observe(&snapshot(1_000_000), 500.0);
        assert_eq!(clock.now(1500.0), 1_001_000);
        clock.observe(&snapshot(1_000_100), 3000.0);
        assert_eq!(clock.now(1500.0), 1_001_000);
        clock.observe(&snapshot(1_002_600), 3000.0);
        assert_eq!(clock.now(3000.0), 1_002_600);
    }

    #[test]
    fn an_edge_whose_clock_is_set_back_is_followed() {
        let mut clock = Clock::default();
        clock.observe(&snapshot(3_600_000), 0.0);
        clock.observe(&snapshot(1000), 1000.0);
        assert_eq!(clock.now(2000.0), 2000);
    }

    #[test]
    fn a_second_counts_until_it_is_over() {
        assert_eq!(seconds_until(10_000, 8_999), 2);
        assert_eq!(seconds_until(10_000, 9_000), 1);
        assert_eq!(seconds_until(10_000, 10_000), 0);
        assert_eq!(seconds_until(10_000, 12_000), 0);
    }

    #[test]
    fn jitter_stays_within_its_spread() {
        assert_eq!(jittered(1000.0, 0.2, 0.0), 800.0);
        assert_eq!(jittered(1000.0, 0.2, 1.0), 1200.0);
    }
}
