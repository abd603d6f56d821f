//! How many challenges a second this edge gives out.

use std::sync::{Mutex, PoisonError};

/// A moment ago counts as much as now, a minute ago nothing, ms: after 30 s a flood is forgotten but for 1 in 400.
const FORGETS_MS: f64 = 5000.0;

/// The exponentially weighted rate of what was counted.
#[derive(Debug, Default)]
pub(crate) struct Load(Mutex<Seen>);

#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    weight: f64,
    at: u64,
}

impl Load {
    /// Counts one, now in ms of any steady clock, and answers how many there are a second.
    pub(crate) fn count(&self, now: u64) -> f64 {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = now.saturating_sub(seen.at) as f64;
        seen.weight = seen.weight * (-passed / FORGETS_MS).exp() + 1.0;
        seen.at = seen.at.max(now);
        seen.weight * 1000.0 / FORGETS_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_follows_the_rate_within_seconds_and_forgets_it_within_thirty() {
        let load = Load::default();
        let run = |from: u64, until: u64, every: usize| {
            let moments = (from..until).step_by(every);
            moments.fold(0.0, |_, now| load.count(now))
        };
        let calm = run(0, 30_000, 10);
        assert!((95.0..105.0).contains(&calm), "{calm}");
        let flood = run(30_000, 60_000, 1);
        assert!((950.0..1050.0).contains(&flood), "{flood}");
        let recovered = run(60_000, 90_000, 10);
        assert!((95.0..105.0).contains(&recovered), "{recovered}");
    }
}
