//! How long calls take: most of them about the same, a few much longer.

use std::time::Duration;

use rand::{Rng, RngExt as _};
use serde::{Deserialize, Serialize};

/// 99th percentile of the standard normal distribution.
const Z99: f64 = 2.326_347_874;
/// No call takes longer, whatever the distribution's tail says.
const LONGEST_MS: f64 = 60_000.0;

/// A log-normal distribution, by the two numbers that people know of a provider. Zero is no delay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Latency {
    /// Half of the calls take less, ms.
    pub p50_ms: u64,
    /// One call in a hundred takes more, ms; at most `p50_ms`: every call takes `p50_ms`.
    pub p99_ms: u64,
}

impl Latency {
    /// One call's time.
    pub(super) fn sample(self, rng: &mut impl Rng) -> Duration {
        if self.p50_ms == 0 {
            return Duration::ZERO;
        }
        let median = self.p50_ms as f64;
        let sigma = (self.p99_ms as f64 / median).ln().max(0.0) / Z99;
        // Box and Muller; 1 - u because ln(0) is no number.
        let (u, v): (f64, f64) = (rng.random(), rng.random());
        let normal = (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos();
        let ms = median * (sigma * normal).exp();
        Duration::from_secs_f64(ms.min(LONGEST_MS) / 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{SeedableRng as _, rngs::StdRng};

    #[test]
    fn the_percentiles_are_those_that_were_ordered() {
        let mut rng = StdRng::seed_from_u64(1);
        let latency = Latency {
            p50_ms: 20,
            p99_ms: 400,
        };
        let mut times: Vec<f64> = (0..20_000)
            .map(|_| latency.sample(&mut rng).as_secs_f64() * 1000.0)
            .collect();
        times.sort_by(f64::total_cmp);
        assert!((19.0..21.0).contains(&times[10_000]), "{}", times[10_000]);
        assert!((340.0..470.0).contains(&times[19_800]), "{}", times[19_800]);
    }

    #[test]
    fn without_a_tail_every_call_takes_the_same() {
        let mut rng = StdRng::seed_from_u64(1);
        let none = Latency::default();
        assert_eq!(none.sample(&mut rng), Duration::ZERO);
        let even = Latency {
            p50_ms: 7,
            p99_ms: 0,
        };
        assert_eq!(even.sample(&mut rng), Duration::from_millis(7));
    }
}
