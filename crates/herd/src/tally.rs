//! What the shoppers saw: counters that everyone adds to, and the few moments worth keeping.

use crate::ask::Refusal;
use crate::clock::Instant;
use hdrhistogram::Histogram;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Errors that are printed in full; the rest is only counted.
const PRINTED: u64 = 10;

/// A step of the journey, to say where an error happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are those of the journey")]
pub enum Step {
    Page,
    Status,
    Challenge,
    Captcha,
    Join,
    Card,
    Authorize,
    Standing,
    Wait,
    Pass,
    Order,
    Leave,
    Operator,
    Bank,
}

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds to it.
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// Reads it.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// An order as the winner was told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Win {
    /// The shopper.
    pub shopper: u32,
    /// The order's name.
    pub order: String,
    /// The unit.
    pub unit: u32,
    /// When it was told.
    pub at: Instant,
}

/// Somebody who got a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// When.
    pub at: Instant,
    /// How long after pressing Join.
    pub took: Duration,
    /// Came after the draw on purpose.
    pub late: bool,
}

/// The line as a snapshot showed it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// When the edge read it, Unix milliseconds.
    pub at: u64,
    /// Tickets issued.
    pub tail: u64,
    /// Ranks called.
    pub frontier: u64,
    /// Units nobody holds.
    pub free: u32,
}

/// The moments that the report and the trace are made from.
#[derive(Debug)]
pub struct Moments {
    /// From pressing Join to holding a ticket, in microseconds.
    pub join: Histogram<u64>,
    /// From pressing Buy to holding an order, in microseconds.
    pub order: Histogram<u64>,
    /// Everybody who got a place.
    pub placed: Vec<Placed>,
    /// When each first pass was given, by the server's clock in milliseconds (the pass's expiry: all
    /// passes of a sale live equally long).
    pub admissions: Vec<u64>,
    /// Every order.
    pub wins: Vec<Win>,
    /// When each loser learned that it is sold out.
    pub sold_out_seen: Vec<Instant>,
    /// The line, snapshot by snapshot.
    pub line: Vec<Line>,
    /// Errors by step and problem.
    pub errors: BTreeMap<(Step, String), u64>,
}

/// Everything that is counted.
#[derive(Debug, Default)]
pub struct Tally {
    /// Pressed Join.
    pub arrived: Counter,
    /// Hold a ticket.
    pub placed: Counter,
    /// Came after the end and got no ticket.
    pub turned_away: Counter,
    /// Have a hold on a card.
    pub authorized: Counter,
    /// Cards the bank declined.
    pub declined: Counter,
    /// Got a pass.
    pub admitted: Counter,
    /// Got an order.
    pub orders: Counter,
    /// Left without buying.
    pub no_shows: Counter,
    /// Learned that it is sold out.
    pub sold_out_seen: Counter,
    /// Asked for a pass a moment too early.
    pub early: Counter,
    /// Requests tried again.
    pub retries: Counter,
    /// Requests without an answer, each tried again.
    pub broken_connections: Counter,
    /// Shoppers at the end of their journey.
    pub finished: Counter,
    /// Answers nobody should get.
    pub errors: Counter,
    moments: Mutex<Moments>,
}

impl Default for Moments {
    fn default() -> Self {
        Self {
            join: histogram(),
            order: histogram(),
            placed: Vec::new(),
            admissions: Vec::new(),
            wins: Vec::new(),
            sold_out_seen: Vec::new(),
            line: Vec::new(),
            errors: BTreeMap::new(),
        }
    }
}

/// Microseconds up to ten minutes; larger values count as ten minutes.
fn histogram() -> Histogram<u64> {
    #[allow(
        clippy::unwrap_used,
        reason = "the bounds are constants that hdrhistogram takes; see the test"
    )]
    Histogram::new_with_bounds(1, 600_000_000, 3).unwrap()
}

impl Tally {
    /// The moments, for as long as it takes to add one. Never hold it across an await.
    pub fn moments(&self) -> MutexGuard<'_, Moments> {
        self.moments.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody got a place.
    pub fn place(&self, took: Duration, late: bool) {
        self.placed.add(1);
        let mut moments = self.moments();
        moments.join.saturating_record(took.as_micros() as u64);
        let at = Instant::now();
        moments.placed.push(Placed { at, took, late });
    }

    /// Somebody got their first pass.
    pub fn admit(&self, expires_at: u64) {
        self.admitted.add(1);
        self.moments().admissions.push(expires_at);
    }

    /// Somebody got an order.
    pub fn win(&self, win: Win, took: Duration) {
        self.orders.add(1);
        let mut moments = self.moments();
        moments.order.saturating_record(took.as_micros() as u64);
        moments.wins.push(win);
    }

    /// Somebody learned that it is sold out.
    pub fn lose(&self) {
        self.sold_out_seen.add(1);
        self.moments().sold_out_seen.push(Instant::now());
    }

    /// Something happened that should not; the first few are printed in full.
    pub fn error(&self, step: Step, refusal: &Refusal) {
        self.errors.add(1);
        let name = refusal.name();
        if self.errors.get() <= PRINTED {
            eprintln!("error at {step:?}: {refusal}");
        }
        *self.moments().errors.entry((step, name)).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_are_kept_from_a_microsecond_to_ten_minutes() {
        let mut histogram = histogram();
        histogram.saturating_record(0);
        histogram.saturating_record(u64::MAX);
        assert!(histogram.max() >= 600_000_000);
    }

    #[test]
    fn errors_are_counted_by_step_and_problem() {
        let tally = Tally::default();
        let refusal = Refusal {
            status: 500,
            problem: None,
            body: String::new(),
        };
        tally.error(Step::Join, &refusal);
        tally.error(Step::Join, &refusal);
        tally.error(Step::Order, &refusal);
        let errors = &tally.moments().errors;
        assert_eq!(errors[&(Step::Join, "http_500".to_owned())], 2);
        assert_eq!(tally.errors.get(), 3);
    }
}
