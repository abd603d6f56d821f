//! How the parts behind the line are doing. When the ledger or the payment provider is slow, admission
//! gives way (`lua/advance.lua`): halving quickly and growing slowly keeps a queue in front of a slow part
//! from growing without end.

use crate::settings::RoomSettings;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long a measurement counts.
const WINDOW: Duration = Duration::from_secs(5);
/// Most measurements kept of one part.
const MOST: usize = 1024;

/// The newest waits of both parts.
#[derive(Debug, Default)]
pub(crate) struct Health {
    /// From asking the ledger to its durable answer.
    pub(crate) ledger: Waits,
    /// One call to the payment provider.
    pub(crate) payment: Waits,
}

impl Health {
    /// Is a part so slow that fewer people should be let in?
    pub(crate) fn is_strained(&self, settings: &RoomSettings) -> bool {
        let now = Instant::now();
        let slow = |waits: &Waits, limit_ms| waits.p99(now) > Duration::from_millis(limit_ms);
        slow(&self.ledger, settings.slow_ledger_ms) || slow(&self.payment, settings.slow_payment_ms)
    }
}

/// Waits of the last seconds.
#[derive(Debug, Default)]
pub(crate) struct Waits(Mutex<VecDeque<(Instant, Duration)>>);

impl Waits {
    /// Does something and remembers how long it took.
    pub(crate) async fn time<T>(&self, work: impl Future<Output = T>) -> T {
        let began = Instant::now();
        let done = work.await;
        let now = Instant::now();
        self.keep(now, now - began);
        done
    }

    fn keep(&self, at: Instant, wait: Duration) {
        let mut waits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waits.len() == MOST {
            waits.pop_front();
        }
        waits.push_back((at, wait));
    }

    /// What 99 of 100 stayed below; nothing when nobody waited lately.
    fn p99(&self, now: Instant) -> Duration {
        let mut waits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while waits.front().is_some_and(|(at, _)| now - *at > WINDOW) {
            waits.pop_front();
        }
        let mut sorted: Vec<Duration> = waits.iter().map(|(_, wait)| *wait).collect();
        sorted.sort_unstable();
        let at = (sorted.len() * 99).div_ceil(100).saturating_sub(1);
        sorted.get(at).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slow_answer_in_a_hundred_is_no_strain_and_the_past_is_forgotten() {
        let (waits, now) = (Waits::default(), Instant::now());
        let [quick, slow] = [10, 900].map(Duration::from_millis);
        for _ in 0..99 {
            waits.keep(now, quick);
        }
        waits.keep(now, slow);
        assert_eq!(waits.p99(now), quick);
        waits.keep(now, slow);
        assert_eq!(waits.p99(now), slow);
        assert_eq!(waits.p99(now + WINDOW * 2), Duration::ZERO);
    }
}
