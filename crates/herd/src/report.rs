//! The result: one JSON object for machines, a table for people.

use crate::audit::{Books, repeated};
use crate::clock::Instant;
use crate::tally::{Moments, Tally};
use crate::window;
use hdrhistogram::Histogram;
use serde::Serialize;
use std::time::Duration;

/// What became of the crowd. `null` is "not known": nobody did it, or the books could not be read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The sale.
    pub sale: String,
    /// Seed of the crowd.
    pub seed: u64,
    /// Shoppers who came.
    pub shoppers: u64,
    /// Got a place.
    pub placed: u64,
    /// Came after the end.
    pub turned_away: u64,
    /// Answers nobody should get.
    pub errors: u64,
    /// Requests tried again.
    pub retries: u64,
    /// Requests without an answer, each tried again.
    pub broken_connections: u64,
    /// Have, or had, a hold on a card.
    pub authorized: u64,
    /// Cards that the bank declined.
    pub declined: u64,
    /// Got a pass.
    pub admitted: u64,
    /// Orders: by the ledger, or by the shoppers where the ledger cannot be read.
    pub orders: u64,
    /// Units of the sale.
    pub units: u64,
    /// Orders beyond the units.
    pub oversold: u64,
    /// Units with more than one owner.
    pub duplicate_units: u64,
    /// Buyers with more than their share.
    pub duplicate_buyers: Option<u64>,
    /// Payments that the bank took.
    pub captured: Option<u64>,
    /// Payments that the bank took more than once.
    pub double_captures: Option<u64>,
    /// Payments that were both taken and given back as a hold.
    pub captured_and_voided: Option<u64>,
    /// Holds that nobody released in the time that the provider's limit allows.
    pub open_holds: Option<u64>,
    /// What the ledger's journal of money sums to, minor units without sign.
    pub journal_sum: Option<u64>,
    /// Left without buying.
    pub no_shows: u64,
    /// Were told that it is sold out.
    pub sold_out_seen: u64,
    /// From pressing Join to a place.
    pub join_p50_ms: Option<f64>,
    /// The same, 99th percentile.
    pub join_p99_ms: Option<f64>,
    /// From pressing Buy to an order.
    pub order_p50_ms: Option<f64>,
    /// The same, 99th percentile.
    pub order_p99_ms: Option<f64>,
    /// From the first Join to the last place, without those who came late on purpose.
    pub placed_in_s: Option<f64>,
    /// Most first passes given in any 1 s, by the server's clock.
    pub max_admissions_1s: u64,
    /// Most places that the frontier moved in any 1 s, as far as snapshots show it.
    pub max_called_1s: u64,
    /// From the last order to everyone knowing, 99th percentile.
    pub sold_out_seen_p99_ms: Option<f64>,
    /// From the first Join to the end of the last journey.
    pub elapsed_s: f64,
    /// Everything held.
    pub ok: bool,
    /// What did not.
    pub violations: Vec<String>,
}

/// What the report needs to know beside the tally.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The sale.
    pub sale: String,
    /// Seed of the crowd.
    pub seed: u64,
    /// Shoppers who came.
    pub shoppers: u64,
    /// Units of the sale.
    pub units: u64,
    /// When Join was pressed first.
    pub began: Instant,
    /// How long the journeys took.
    pub elapsed: Duration,
}

impl Report {
    /// Draws the sum.
    pub fn new(
        frame: Frame,
        tally: &Tally,
        books: Option<&Books>,
        violations: Vec<String>,
    ) -> Self {
        let mut moments = tally.moments();
        let mut admissions = std::mem::take(&mut moments.admissions);
        let ledger = books.map(|books| &books.ledger);
        let told = moments.wins.len() as u64;
        let orders = ledger.map_or(told, |ledger| ledger.orders);
        let twice = repeated(moments.wins.iter().map(|win| win.unit));
        Self {
            sale: frame.sale,
            seed: frame.seed,
            shoppers: frame.shoppers,
            placed: tally.placed.get(),
            turned_away: tally.turned_away.get(),
            errors: tally.errors.get(),
            retries: tally.retries.get(),
            broken_connections: tally.broken_connections.get(),
            authorized: tally.authorized.get(),
            declined: tally.declined.get(),
            admitted: tally.admitted.get(),
            orders,
            units: frame.units,
            oversold: (orders.max(told).saturating_sub(frame.units))
                .max(ledger.map_or(0, |ledger| ledger.oversold)),
            duplicate_units: twice.max(ledger.map_or(0, |ledger| ledger.duplicate_units)),
            duplicate_buyers: ledger.map(|ledger| ledger.duplicate_buyers),
            captured: books.map(|books| books.bank.captured),
            double_captures: books.map(|books| books.bank.double_captures),
            captured_and_voided: books.map(|books| books.bank.captured_and_voided),
            open_holds: books.map(|books| books.bank.open_holds),
            journal_sum: ledger.and_then(|ledger| ledger.journal_sum),
            no_shows: tally.no_shows.get(),
            sold_out_seen: tally.sold_out_seen.get(),
            join_p50_ms: quantile(&moments.join, 0.5),
            join_p99_ms: quantile(&moments.join, 0.99),
            order_p50_ms: quantile(&moments.order, 0.5),
            order_p99_ms: quantile(&moments.order, 0.99),
            placed_in_s: last_placed(&moments)
                .map(|last| rounded(last.saturating_duration_since(frame.began).as_secs_f64())),
            max_admissions_1s: window::most_within(&mut admissions, 1000) as u64,
            max_called_1s: window::most_grown(&called(&moments), 1000),
            sold_out_seen_p99_ms: sold_out_seen(&moments),
            elapsed_s: rounded(frame.elapsed.as_secs_f64()),
            ok: violations.is_empty(),
            violations,
        }
    }

    /// One line of JSON.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }

    /// A table for people, in the order of the journey.
    pub fn to_table(&self) -> String {
        let ms = |p50: Option<f64>, p99: Option<f64>| match (p50, p99) {
            (Some(p50), Some(p99)) => format!("{p50:.1} ms, 99% within {p99:.1} ms"),
            _ => "-".to_owned(),
        };
        let known = |value: Option<u64>| value.map_or("-".to_owned(), |value| value.to_string());
        let seconds = |value: Option<f64>| value.map_or("-".to_owned(), |s| format!("{s:.2} s"));
        let seen = self.sold_out_seen_p99_ms.map(|ms| ms / 1000.0);
        let rows = [
            ("sale", format!("{} (crowd {})", self.sale, self.seed)),
            ("shoppers", self.shoppers.to_string()),
            (
                "placed",
                format!(
                    "{}, the last after {}",
                    self.placed,
                    seconds(self.placed_in_s)
                ),
            ),
            ("turned away", self.turned_away.to_string()),
            ("join", ms(self.join_p50_ms, self.join_p99_ms)),
            (
                "authorised",
                format!("{}, {} declined", self.authorized, self.declined),
            ),
            (
                "admitted",
                format!(
                    "{}, at most {} in any 1 s",
                    self.admitted, self.max_admissions_1s
                ),
            ),
            (
                "called",
                format!("at most {} in any 1 s", self.max_called_1s),
            ),
            ("left without buying", self.no_shows.to_string()),
            ("orders", format!("{} of {} units", self.orders, self.units)),
            ("order", ms(self.order_p50_ms, self.order_p99_ms)),
            (
                "sold out seen",
                format!("{}, 99% within {}", self.sold_out_seen, seconds(seen)),
            ),
            ("oversold", self.oversold.to_string()),
            ("duplicate units", self.duplicate_units.to_string()),
            ("duplicate buyers", known(self.duplicate_buyers)),
            ("captured", known(self.captured)),
            ("captured twice", known(self.double_captures)),
            ("captured and voided", known(self.captured_and_voided)),
            ("open holds", known(self.open_holds)),
            ("journal sum", known(self.journal_sum)),
            (
                "retries",
                format!(
                    "{}, {} without an answer",
                    self.retries, self.broken_connections
                ),
            ),
            ("errors", self.errors.to_string()),
            ("elapsed", seconds(Some(self.elapsed_s))),
            (
                "verdict",
                if self.ok { "in order" } else { "BROKEN" }.to_owned(),
            ),
        ];
        let rows = rows
            .iter()
            .map(|(name, value)| format!("{name:<20} {value}\n"));
        let found = self.violations.iter().map(|line| format!("  {line}\n"));
        rows.chain(found).collect()
    }
}

/// When the last of the first wave got a place.
fn last_placed(moments: &Moments) -> Option<Instant> {
    let first_wave = moments.placed.iter().filter(|placed| !placed.late);
    first_wave.map(|placed| placed.at).max()
}

fn called(moments: &Moments) -> Vec<(u64, u64)> {
    let line = moments.line.iter();
    line.map(|line| (line.at, line.frontier)).collect()
}

/// From the last order to each loser knowing; at once for those who knew before.
fn sold_out_seen(moments: &Moments) -> Option<f64> {
    let sold_out = moments.wins.iter().map(|win| win.at).max()?;
    let mut waits: Vec<Duration> = moments
        .sold_out_seen
        .iter()
        .map(|seen| seen.saturating_duration_since(sold_out))
        .collect();
    waits.sort_unstable();
    let last = waits.len().checked_sub(1)?;
    let wait = waits.get((waits.len() * 99 / 100).min(last))?;
    Some(rounded(wait.as_secs_f64() * 1000.0))
}

fn quantile(micros: &Histogram<u64>, quantile: f64) -> Option<f64> {
    let known = !micros.is_empty();
    known.then(|| rounded(micros.value_at_quantile(quantile) as f64 / 1000.0))
}

/// To three decimals.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tally::Win;

    fn frame(began: Instant) -> Frame {
        Frame {
            sale: "s".to_owned(),
            seed: 1,
            shoppers: 3,
            units: 1,
            began,
            elapsed: Duration::from_millis(1234),
        }
    }

    #[test]
    fn the_json_names_are_those_that_others_read() {
        let report = Report::new(frame(Instant::now()), &Tally::default(), None, Vec::new());
        let json = serde_json::to_value(&report).unwrap();
        let names: Vec<&str> = json
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        for name in [
            "shoppers",
            "placed",
            "errors",
            "retries",
            "authorized",
            "declined",
            "admitted",
            "orders",
            "units",
            "oversold",
            "duplicate_units",
            "duplicate_buyers",
            "captured",
            "double_captures",
            "captured_and_voided",
            "open_holds",
            "journal_sum",
            "no_shows",
            "sold_out_seen",
            "join_p50_ms",
            "join_p99_ms",
            "order_p50_ms",
            "order_p99_ms",
            "placed_in_s",
            "max_admissions_1s",
            "sold_out_seen_p99_ms",
            "elapsed_s",
            "ok",
        ] {
            assert!(names.contains(&name), "{name}");
        }
        assert!(!report.to_json().unwrap().contains('\n'));
        insta::assert_snapshot!(report.to_table());
    }

    #[test]
    fn latencies_and_losses_come_from_what_shoppers_saw() {
        let tally = Tally::default();
        let began = Instant::now();
        tally.place(Duration::from_millis(20), false);
        let win = |unit| Win {
            shopper: unit,
            order: unit.to_string(),
            unit,
            at: Instant::now(),
        };
        tally.win(win(0), Duration::from_millis(7));
        tally.win(win(0), Duration::from_millis(7));
        tally.lose();
        let report = Report::new(frame(began), &tally, None, vec!["a".to_owned()]);
        assert!((19.9..20.1).contains(&report.join_p50_ms.unwrap()));
        assert!((6.9..7.1).contains(&report.order_p99_ms.unwrap()));
        assert!(report.sold_out_seen_p99_ms.unwrap() < 100.0);
        assert_eq!(
            (report.oversold, report.duplicate_units, report.ok),
            (1, 1, false)
        );
        assert_eq!(report.captured, None);
    }
}
