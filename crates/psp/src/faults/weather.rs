//! The faults at work: what befalls the next call and the next event.

use std::{
    collections::VecDeque,
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use super::{Fault, Faults};

/// What goes wrong from now on; can be changed while calls are under way.
#[derive(Debug)]
pub(crate) struct Weather(Mutex<Sky>);

#[derive(Debug)]
struct Sky {
    faults: Faults,
    rng: StdRng,
    /// Faults ordered for certain calls, each for the next call of its kind.
    ordered: VecDeque<(String, Fault)>,
    limit: Option<DefaultDirectRateLimiter>,
}

/// How one event travels.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Letter {
    /// One entry for each copy that arrives: how late it sets out.
    pub(crate) copies: Vec<Duration>,
    /// Somebody who does not know the secret writes too.
    pub(crate) forged: bool,
}

impl Weather {
    /// These faults, and at most so many calls a second.
    pub(crate) fn new(faults: Faults, calls_per_s: Option<NonZeroU32>) -> Self {
        Self(Mutex::new(Sky {
            rng: rng(&faults),
            faults,
            ordered: VecDeque::new(),
            limit: calls_per_s.map(limiter),
        }))
    }

    fn sky(&self) -> MutexGuard<'_, Sky> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What goes wrong by chance.
    pub(crate) fn faults(&self) -> Faults {
        self.sky().faults.clone()
    }

    /// Other faults from now on, with their chances from the start.
    pub(crate) fn change(&self, faults: Faults) {
        let mut sky = self.sky();
        sky.rng = rng(&faults);
        sky.faults = faults;
    }

    /// Another limit from now on; none without a number.
    pub(crate) fn limit(&self, calls_per_s: Option<NonZeroU32>) {
        self.sky().limit = calls_per_s.map(limiter);
    }

    /// Takes one call from the shop's allowance.
    pub(crate) fn within_rate(&self) -> bool {
        let sky = self.sky();
        sky.limit.as_ref().is_none_or(|limit| limit.check().is_ok())
    }

    /// Orders this fault for the next `times` calls of this kind.
    pub(crate) fn order(&self, call: &str, fault: Fault, times: u32) {
        let mut sky = self.sky();
        for _ in 0..times {
            sky.ordered.push_back((call.to_owned(), fault));
        }
    }

    /// What befalls a call of this kind: what was ordered first, chance otherwise.
    pub(crate) fn befall(&self, call: &str) -> Option<Fault> {
        let mut sky = self.sky();
        if let Some(place) = sky.ordered.iter().position(|(kind, _)| kind == call) {
            return sky.ordered.remove(place).map(|(_, fault)| fault);
        }
        let mut roll: f64 = sky.rng.random();
        for (fault, share) in sky.faults.of_calls() {
            if roll < share {
                return Some(fault);
            }
            roll -= share;
        }
        None
    }

    /// How long this call takes beyond the settings' latency.
    pub(crate) fn latency(&self) -> Duration {
        let sky = &mut *self.sky();
        sky.faults.latency.sample(&mut sky.rng)
    }

    /// How the next event travels.
    pub(crate) fn letter(&self) -> Letter {
        let sky = &mut *self.sky();
        let (faults, rng) = (sky.faults.webhooks, &mut sky.rng);
        let mut happens = |share: f64| rng.random::<f64>() < share;
        let copies = match (happens(faults.dropped), happens(faults.duplicated)) {
            (true, _) => 0,
            (_, true) => faults.copies.max(2),
            _ => 1,
        };
        let forged = happens(faults.forged);
        let delays = (0..copies).map(|_| {
            let late = rng.random::<f64>() < faults.delayed;
            let ms = if late {
                rng.random_range(0..=faults.delay_ms)
            } else {
                0
            };
            Duration::from_millis(ms)
        });
        Letter {
            copies: delays.collect(),
            forged,
        }
    }
}

fn rng(faults: &Faults) -> StdRng {
    StdRng::seed_from_u64(faults.seed.unwrap_or_else(rand::random))
}

fn limiter(calls: NonZeroU32) -> DefaultDirectRateLimiter {
    RateLimiter::direct(Quota::per_second(calls))
}

#[cfg(test)]
mod tests {
    use super::super::WebhookFaults;
    use super::*;

    #[test]
    fn what_is_ordered_comes_once_and_to_its_own_kind() {
        let weather = Weather::new(Faults::default(), None);
        weather.order("capture", Fault::LostReply, 1);
        assert_eq!(weather.befall("cancel"), None);
        assert_eq!(weather.befall("capture"), Some(Fault::LostReply));
        assert_eq!(weather.befall("capture"), None);
    }

    #[test]
    fn chance_keeps_to_the_shares_and_a_seed_repeats_it() {
        let faults = Faults {
            seed: Some(7),
            ..Faults::storm()
        };
        let weather = Weather::new(faults.clone(), None);
        let days = |weather: &Weather| -> Vec<Option<Fault>> {
            (0..10_000).map(|_| weather.befall("get")).collect()
        };
        let seen = days(&weather);
        for (fault, share) in faults.of_calls() {
            let count = seen.iter().filter(|day| **day == Some(fault)).count() as f64;
            assert!((count / 10_000.0 - share).abs() < 0.01, "{fault:?} {count}");
        }
        weather.change(faults);
        assert_eq!(days(&weather), seen);
    }

    #[test]
    fn letters_are_lost_or_come_again() {
        let letter = |webhooks| {
            Weather::new(
                Faults {
                    webhooks,
                    ..Faults::default()
                },
                None,
            )
            .letter()
        };
        let calm = letter(WebhookFaults::default());
        assert_eq!(calm.copies, [Duration::ZERO]);
        assert!(!calm.forged);
        let lost = letter(WebhookFaults {
            dropped: 1.0,
            forged: 1.0,
            ..WebhookFaults::default()
        });
        assert!(lost.copies.is_empty() && lost.forged);
        let many = letter(WebhookFaults {
            duplicated: 1.0,
            copies: 5,
            ..WebhookFaults::default()
        });
        assert_eq!(many.copies.len(), 5);
    }
}
