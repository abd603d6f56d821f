//! The rush over time: what happened in each tenth of a second, for the plots.
//!
//! Times are milliseconds since the first Join was pressed. A value of the server (the line) is placed
//! by the server's clock, what shoppers saw by theirs: on one machine they are the same.

use crate::clock::{Instant, unix_ms};
use crate::report::Frame;
use crate::tally::{Moments, Tally};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Width of a step, ms.
pub const STEP_MS: u64 = 100;

/// How a rush went.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// Shoppers who came.
    pub shoppers: u64,
    /// Units of the sale.
    pub units: u64,
    /// The line, as snapshots showed it.
    pub line: Vec<LineAt>,
    /// Joins that were answered in each step that had some.
    pub joins: Vec<JoinsAt>,
    /// Orders that were told in each step that had some: `(ms, orders)`.
    pub orders: Vec<(i64, u64)>,
    /// Losers who learned of "sold out" in each step that had some: `(ms, shoppers)`.
    pub sold_out_seen: Vec<(i64, u64)>,
}

/// The line at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LineAt {
    /// When.
    pub ms: i64,
    /// Tickets issued.
    pub tail: u64,
    /// Ranks called.
    pub frontier: u64,
    /// Units nobody holds.
    pub free: u32,
}

/// The joins that were answered within one step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct JoinsAt {
    /// Where the step begins.
    pub ms: i64,
    /// How many.
    pub count: u64,
    /// The middle wait, ms.
    pub p50_ms: f64,
    /// 99 of 100 waited less, ms.
    pub p99_ms: f64,
}

impl Trace {
    /// Reads it off the tally.
    pub fn of(frame: &Frame, tally: &Tally) -> Self {
        let moments = tally.moments();
        let since = |at: Instant| match at.checked_duration_since(frame.began) {
            Some(after) => after.as_millis() as i64,
            None => -(frame.began.duration_since(at).as_millis() as i64),
        };
        let began_ms = unix_ms() as i64 - since(Instant::now());
        Self {
            shoppers: frame.shoppers,
            units: frame.units,
            line: line(&moments, began_ms),
            joins: joins(&moments, since),
            orders: counted(moments.wins.iter().map(|win| since(win.at))),
            sold_out_seen: counted(moments.sold_out_seen.iter().map(|at| since(*at))),
        }
    }

    /// Writes it as JSON.
    pub fn write(&self, file: &Path) -> std::io::Result<()> {
        std::fs::write(file, serde_json::to_vec(self)?)
    }
}

fn line(moments: &Moments, began_ms: i64) -> Vec<LineAt> {
    let seen = moments.line.iter().map(|line| LineAt {
        ms: line.at as i64 - began_ms,
        tail: line.tail,
        frontier: line.frontier,
        free: line.free,
    });
    seen.collect()
}

fn joins(moments: &Moments, since: impl Fn(Instant) -> i64) -> Vec<JoinsAt> {
    let mut steps: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
    for placed in &moments.placed {
        let waits = steps.entry(step_of(since(placed.at))).or_default();
        waits.push(placed.took.as_secs_f64() * 1000.0);
    }
    let summed = steps.into_iter().map(|(ms, mut waits)| {
        waits.sort_unstable_by(f64::total_cmp);
        let at = |share: f64| {
            let index = (waits.len() as f64 * share) as usize;
            (waits[index.min(waits.len() - 1)] * 10.0).round() / 10.0
        };
        JoinsAt {
            ms,
            count: waits.len() as u64,
            p50_ms: at(0.5),
            p99_ms: at(0.99),
        }
    });
    summed.collect()
}

fn counted(moments: impl Iterator<Item = i64>) -> Vec<(i64, u64)> {
    let mut steps: BTreeMap<i64, u64> = BTreeMap::new();
    for ms in moments {
        *steps.entry(step_of(ms)).or_default() += 1;
    }
    steps.into_iter().collect()
}

fn step_of(ms: i64) -> i64 {
    let width = STEP_MS as i64;
    ms.div_euclid(width) * width
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tally::Line;
    use std::time::Duration;

    #[test]
    fn what_happened_lies_in_the_step_in_which_it_happened() {
        let tally = Tally::default();
        let began = Instant::now() - Duration::from_millis(250);
        tally.place(Duration::from_millis(20), false);
        tally.place(Duration::from_millis(40), false);
        tally.lose();
        tally.moments().line.push(Line {
            at: unix_ms(),
            tail: 2,
            frontier: 1,
            free: 3,
        });
        let frame = Frame {
            sale: "s".to_owned(),
            seed: 1,
            shoppers: 2,
            units: 3,
            began,
            elapsed: Duration::from_secs(1),
        };
        let trace = Trace::of(&frame, &tally);
        let [joins] = trace.joins[..] else {
            panic!("{trace:?}")
        };
        assert_eq!((joins.ms, joins.count, joins.p99_ms), (200, 2, 40.0));
        assert_eq!(trace.sold_out_seen, [(200, 1)]);
        assert!((200..400).contains(&trace.line[0].ms), "{trace:?}");
    }

    #[test]
    fn a_step_before_the_beginning_is_a_step_too() {
        assert_eq!(
            [-1, -100, -101, 0, 99].map(step_of),
            [-100, -100, -200, 0, 0]
        );
    }
}
