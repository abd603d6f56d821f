//! What thirty contests say together: a mean, and how far from it the truth may be.

use serde::Serialize;

/// A mean with its interval of 95% confidence: by Student's t over the contests, cut where a share ends.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Quantiles of Student's t at 0.975, for 1 to 30 degrees of freedom.
const T: [f64; 30] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
    2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056,
    2.052, 2.048, 2.045, 2.042,
];
/// The same of the normal distribution, to which it comes near.
const Z: f64 = 1.96;

impl Estimate {
    /// Of these values; none of none. Of one value the interval is the value.
    pub fn of(values: &[f64]) -> Option<Self> {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let half = match values.len() {
            0 => return None,
            1 => 0.0,
            n => quantile(n - 1) * (squares / (count - 1.0) / count).sqrt(),
        };
        Some(Self {
            mean,
            low: mean - half,
            high: mean + half,
        })
    }

    /// The same for a share, which is from 0 to 1.
    pub fn of_share(values: &[f64]) -> Option<Self> {
        let found = Self::of(values)?;
        Some(Self {
            low: found.low.max(0.0),
            high: found.high.min(1.0),
            ..found
        })
    }
}

/// Student's t at 0.975; beyond the table by the first three terms of its expansion (Abramowitz and Stegun, 26.7.5).
fn quantile(freedom: usize) -> f64 {
    match T.get(freedom.wrapping_sub(1)) {
        Some(t) => *t,
        None => {
            let n = freedom as f64;
            let second = 5.0 * Z.powi(5) + 16.0 * Z.powi(3) + 3.0 * Z;
            Z + (Z.powi(3) + Z) / (4.0 * n) + second / (96.0 * n * n)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 5e-4, "{found} is not {expected}");
    }

    #[test]
    fn a_known_sample_has_its_known_interval() {
        // Mean 5, standard deviation 2.1381; t of 7 degrees of freedom is 2.3646: 5 ± 1.7875.
        let found = Estimate::of(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).unwrap();
        near(found.mean, 5.0);
        near(found.low, 5.0 - 1.7877);
        near(found.high, 5.0 + 1.7877);
    }

    #[test]
    fn beyond_the_table_the_quantile_goes_on_to_the_normal_one() {
        near(quantile(31), 2.0395);
        near(quantile(60), 2.0003);
        near(quantile(1000), 1.9623);
        assert!((1..200).all(|n| quantile(n) > quantile(n + 1)));
    }

    #[test]
    fn a_share_is_never_less_than_nothing_or_more_than_all() {
        let found = Estimate::of_share(&[0.0, 0.0, 1.0]).unwrap();
        assert_eq!((found.low, found.high), (0.0, 1.0));
        assert_eq!(Estimate::of(&[]), None);
        let one = Estimate::of(&[0.25]).unwrap();
        assert_eq!((one.low, one.high), (0.25, 0.25));
    }
}
