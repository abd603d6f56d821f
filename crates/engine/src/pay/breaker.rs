//! A circuit breaker: a provider that does not answer is not asked in vain by every duty that is due.
//!
//! After so many calls in a row without a reliable answer nobody calls for a while; then one call tries, and
//! decides. Duties keep their attempts meanwhile. Each process judges for itself.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Failures in a row that open the circuit.
const FAILURES: u32 = 10;
const FIRST_PAUSE_MS: u64 = 500;
const LAST_PAUSE_MS: u64 = 5_000;

#[derive(Debug, Default)]
pub(crate) struct Breaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    /// Unix ms; 0 while the circuit is closed.
    open_until: u64,
    pause_ms: u64,
    trying: bool,
}

impl Breaker {
    /// How many calls may be begun now, Unix ms.
    pub(super) fn allows(&self, now: u64) -> usize {
        let state = self.state();
        match (state.open_until, state.trying) {
            (0, _) => usize::MAX,
            (_, true) => 0,
            // No pause is longer: one that seems to be was begun by a clock that was set back since.
            (until, false) => usize::from(now >= until || until > now + LAST_PAUSE_MS),
        }
    }

    /// Calls are begun: while the circuit is open, it is the one that tries.
    pub(super) fn begun(&self, calls: usize) {
        let mut state = self.state();
        state.trying = calls > 0 && state.open_until > 0;
    }

    /// The provider answered, whatever it said.
    pub(super) fn answered(&self) {
        *self.state() = State::default();
    }

    /// No reliable answer came. `jitter` is 0 to 255, so that several processes do not try at one moment.
    pub(super) fn failed(&self, now: u64, jitter: u8) {
        let mut state = self.state();
        state.failures += 1;
        let was_open = state.open_until > 0;
        if state.failures < FAILURES || (was_open && !state.trying) {
            return;
        }
        state.pause_ms = (state.pause_ms * 2).clamp(FIRST_PAUSE_MS, LAST_PAUSE_MS);
        state.open_until = now + state.pause_ms / 2 + state.pause_ms * u64::from(jitter) / 512;
        state.trying = false;
        if !was_open {
            tracing::warn!("the payment provider does not answer; it is asked now and then");
            metrics::counter!("sluice_payment_breaker_opened_total").increment(1);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_that_is_gone_is_tried_by_one_call_at_a_time_until_it_answers() {
        let breaker = Breaker::default();
        for _ in 1..FAILURES {
            breaker.failed(1000, 0);
        }
        assert!(breaker.allows(1000) > 1);
        breaker.failed(1000, 255);
        assert_eq!(breaker.allows(1000), 0);
        // Calls that were under way add nothing.
        breaker.failed(1400, 255);
        assert_eq!(breaker.allows(1000 + FIRST_PAUSE_MS), 1);
        breaker.begun(1);
        assert_eq!(breaker.allows(60_000), 0);
        breaker.failed(2000, 0);
        assert_eq!(breaker.allows(2000 + FIRST_PAUSE_MS - 1), 0);
        assert_eq!(breaker.allows(2000 + FIRST_PAUSE_MS), 1);
        breaker.begun(1);
        breaker.answered();
        assert!(breaker.allows(2000) > 1);
    }

    #[test]
    fn a_pause_is_over_when_the_clock_is_set_back() {
        let breaker = Breaker::default();
        for _ in 0..FAILURES {
            breaker.failed(3_600_000, 0);
        }
        assert_eq!(breaker.allows(3_600_000), 0);
        assert_eq!(breaker.allows(0), 1);
    }
}
