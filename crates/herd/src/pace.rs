//! Who comes when, and with what in mind: fixed before the first request, the same for the same seed.
//!
//! Shares are exact counts, not chances: `--declines 0.3` of 2,000 is 600 shoppers on every run.

use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use std::time::Duration;

/// How somebody who could buy leaves without buying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoShow {
    /// Closes the tab while waiting; is called and never answers.
    Vanishes,
    /// Takes the pass and never uses it.
    Hesitates,
    /// Takes the pass and gives the place back.
    GivesBack,
}

/// One shopper's intentions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Which shopper, 0-based.
    pub index: u32,
    /// Presses Join this long after its wave began.
    pub press: Duration,
    /// Comes with the second wave, after the draw.
    pub late: bool,
    /// Tries a card first that the bank declines.
    pub declines: bool,
    /// Leaves without buying.
    pub no_show: Option<NoShow>,
}

/// Which share of the crowd does what; each from 0 to 1.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shares {
    /// Arrive after the draw.
    pub late: f64,
    /// Try a declining card first.
    pub declines: f64,
    /// Leave without buying.
    pub no_shows: f64,
}

/// The whole crowd's intentions, in the order in which they press Join: both waves spread uniformly
/// at random over `within`.
pub fn plan(shoppers: u32, within: Duration, shares: Shares, seed: u64) -> Vec<Plan> {
    let mut rng = StdRng::seed_from_u64(seed);
    let late = chosen(shoppers, shares.late, &mut rng);
    let declines = chosen(shoppers, shares.declines, &mut rng);
    let no_shows = chosen(shoppers, shares.no_shows, &mut rng);
    let ways = [NoShow::Vanishes, NoShow::Hesitates, NoShow::GivesBack];
    let mut plans: Vec<Plan> = (0..shoppers)
        .map(|index| Plan {
            index,
            press: within.mul_f64(rng.random()),
            late: late[index as usize],
            declines: declines[index as usize],
            no_show: no_shows[index as usize].then(|| ways[rng.random_range(0..ways.len())]),
        })
        .collect();
    plans.sort_unstable_by_key(|plan| (plan.late, plan.press));
    plans
}

/// A share of `of` shoppers, picked at random, as one flag for each.
fn chosen(of: u32, share: f64, rng: &mut StdRng) -> Vec<bool> {
    let count = (f64::from(of) * share.clamp(0.0, 1.0)).round() as usize;
    let mut flags: Vec<bool> = (0..of as usize).map(|index| index < count).collect();
    flags.shuffle(rng);
    flags
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARES: Shares = Shares {
        late: 0.1,
        declines: 0.25,
        no_shows: 0.3,
    };

    #[test]
    fn shares_are_exact_and_everyone_presses_once_in_time() {
        let within = Duration::from_secs(1);
        let plans = plan(2000, within, SHARES, 7);
        let count = |what: fn(&Plan) -> bool| plans.iter().filter(|plan| what(plan)).count();
        assert_eq!(count(|p| p.late), 200);
        assert_eq!(count(|p| p.declines), 500);
        assert_eq!(count(|p| p.no_show.is_some()), 600);
        assert!(plans.iter().all(|plan| plan.press < within));
        let mut indices: Vec<u32> = plans.iter().map(|plan| plan.index).collect();
        indices.sort_unstable();
        assert_eq!(indices, (0..2000).collect::<Vec<_>>());
    }

    #[test]
    fn the_crowd_comes_in_order_and_spread_out() {
        let plans = plan(10_000, Duration::from_secs(1), Shares::default(), 1);
        assert!(plans.is_sorted_by_key(|plan| plan.press));
        let mut presses: Vec<u64> = plans.iter().map(|p| p.press.as_millis() as u64).collect();
        let busiest = crate::window::most_within(&mut presses, 100);
        assert!(
            (1000..1300).contains(&busiest),
            "{busiest} of 10,000 in 0.1 s"
        );
    }

    #[test]
    fn the_same_seed_is_the_same_crowd() {
        let crowd = |seed| plan(500, Duration::from_secs(1), SHARES, seed);
        assert_eq!(crowd(3), crowd(3));
        assert_ne!(crowd(3), crowd(4));
    }
}
