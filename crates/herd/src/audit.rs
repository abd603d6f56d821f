//! The audit: what the shoppers were told, what the ledger says, what the bank did. They must agree.

use crate::ask::{Ask, Body, Lane, Refusal};
use crate::client::Client;
use crate::clock::Instant;
use crate::operator::{LedgerAudit, Operator};
use crate::tally::{Step, Win};
use protocol::SaleId;
use reqwest::Method;
use serde::Deserialize;
use std::collections::HashSet;
use std::time::Duration;

/// Pause between two looks at whether the payments have settled.
const LOOK: Duration = Duration::from_millis(200);

/// What really happened to the money of a sale, by the simulator's bank.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct BankSummary {
    /// Payments that were opened.
    pub intents: u64,
    /// Money held, neither taken nor given back.
    pub open_holds: u64,
    /// Payments taken.
    pub captured: u64,
    /// Holds given back.
    pub voided: u64,
    /// Payments declined at least once.
    pub declined: u64,
    /// Payments both taken and given back.
    pub captured_and_voided: u64,
    /// Payments taken more than once.
    pub double_captures: u64,
}

/// The two books outside of the crowd.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Books {
    /// The shop's.
    pub ledger: LedgerAudit,
    /// The bank's.
    pub bank: BankSummary,
}

impl Books {
    /// Is everything that was claimed paid, and every other hold released?
    pub fn are_settled(&self) -> bool {
        self.ledger.reserved == 0
            && self.ledger.open_authorizations == 0
            && self.ledger.captured == self.ledger.orders
            && self.bank.captured == self.ledger.orders
            && self.bank.open_holds == 0
    }
}

/// Looks until the books are settled, at most this long; answers the last look.
pub async fn settle(
    operator: &Operator,
    bank: &Client,
    secret: &str,
    sale: &SaleId,
    within: Duration,
) -> Result<Books, Refusal> {
    let give_up = Instant::now() + within;
    loop {
        let books = Books {
            ledger: operator.audit(sale).await?,
            bank: summary(bank, secret, sale).await?,
        };
        if books.are_settled() || Instant::now() > give_up {
            return Ok(books);
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn summary(bank: &Client, secret: &str, sale: &SaleId) -> Result<BankSummary, Refusal> {
    let ask = Ask {
        step: Step::Bank,
        lane: Lane::Light,
        method: Method::GET,
        path: format!("/oracle/summary?sale={sale}"),
        bearer: Some(secret),
        headers: Vec::new(),
        body: Body::None,
    };
    bank.call(&ask).await
}

/// What the shoppers know.
#[derive(Clone, Debug, Default)]
pub struct Told<'a> {
    /// Units of the sale.
    pub units: u64,
    /// Every "you got it".
    pub wins: &'a [Win],
    /// Shoppers who were told that it is sold out.
    pub sold_out_seen: u64,
    /// Shoppers who came and neither got a place nor were told that it is over.
    pub lost: u64,
    /// Answers nobody should get.
    pub errors: u64,
    /// Nobody else buys in this sale.
    pub alone: bool,
}

/// Orders or units that more than one shopper was told to have.
pub fn repeated<T: std::hash::Hash + Eq>(values: impl Iterator<Item = T>) -> u64 {
    let mut seen = HashSet::new();
    values.map(|value| u64::from(!seen.insert(value))).sum()
}

/// Everything that is not as it should be, in words; nothing when all is well.
pub fn judge(told: &Told<'_>, books: Option<&Books>) -> Vec<String> {
    let mut found = Vec::new();
    let mut must = |holds: bool, otherwise: String| {
        if !holds {
            found.push(otherwise);
        }
    };
    let wins = told.wins.len() as u64;
    let units = told.units;
    must(
        told.errors == 0,
        format!("{} unexpected answers", told.errors),
    );
    must(
        told.lost == 0,
        format!("{} shoppers got no place and no reason", told.lost),
    );
    must(
        wins <= units,
        format!("{wins} shoppers were told they got one of {units} units"),
    );
    let twice = repeated(told.wins.iter().map(|win| win.unit));
    must(twice == 0, format!("{twice} units were promised twice"));
    let twice = repeated(told.wins.iter().map(|win| &win.order));
    must(
        twice == 0,
        format!("{twice} orders were given to two shoppers"),
    );
    let beyond = told
        .wins
        .iter()
        .filter(|win| u64::from(win.unit) >= units)
        .count();
    must(beyond == 0, format!("{beyond} units do not exist"));
    if told.alone && told.sold_out_seen > 0 {
        must(
            wins == units,
            format!("undersold: told sold out with {wins} of {units} units sold"),
        );
    }
    let Some(Books { ledger, bank }) = books else {
        return found;
    };
    let orders = ledger.orders;
    for violation in &ledger.violations {
        must(false, format!("ledger: {violation}"));
    }
    must(
        ledger.ok || !ledger.violations.is_empty(),
        "ledger: not ok".to_owned(),
    );
    must(
        ledger.oversold == 0,
        format!("oversold by {}", ledger.oversold),
    );
    must(
        orders <= units,
        format!("{orders} orders for {units} units"),
    );
    must(
        ledger.duplicate_units == 0,
        format!("{} units sold twice", ledger.duplicate_units),
    );
    must(
        ledger.duplicate_buyers == 0,
        format!("{} buyers have too many", ledger.duplicate_buyers),
    );
    let agree = if told.alone {
        wins == orders
    } else {
        wins <= orders
    };
    must(
        agree,
        format!("{wins} shoppers were told they got one, the ledger has {orders} orders"),
    );
    let counted = ledger.free + ledger.reserved + ledger.claimed;
    must(
        counted == units,
        format!("free + reserved + claimed = {counted}, not {units}"),
    );
    must(
        ledger.reserved == 0,
        format!("{} units are still reserved", ledger.reserved),
    );
    let (paid, taken) = (ledger.captured, bank.captured);
    must(
        paid == orders,
        format!("{paid} of {orders} orders are paid by the ledger"),
    );
    must(
        taken == orders,
        format!("the bank took {taken} payments for {orders} orders"),
    );
    must(
        bank.open_holds == 0,
        format!("{} holds are open at the bank", bank.open_holds),
    );
    must(
        ledger.open_authorizations == 0,
        format!(
            "{} holds are open in the ledger",
            ledger.open_authorizations
        ),
    );
    must(
        ledger.journal_sum.unwrap_or_default() == 0,
        format!(
            "the journal sums to {} minor units",
            ledger.journal_sum.unwrap_or_default()
        ),
    );
    must(
        bank.captured_and_voided == 0,
        format!(
            "{} payments both taken and released",
            bank.captured_and_voided
        ),
    );
    must(
        bank.double_captures == 0,
        format!("{} payments taken twice", bank.double_captures),
    );
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn win(shopper: u32, unit: u32) -> Win {
        Win {
            shopper,
            order: format!("order-{shopper}"),
            unit,
            at: Instant::now(),
        }
    }

    fn books(orders: u64) -> Books {
        Books {
            ledger: LedgerAudit {
                orders,
                units: orders,
                captured: orders,
                claimed: orders,
                ok: true,
                ..LedgerAudit::default()
            },
            bank: BankSummary {
                captured: orders,
                ..BankSummary::default()
            },
        }
    }

    #[test]
    fn books_that_agree_pass() {
        let wins = [win(0, 1), win(1, 0)];
        let told = Told {
            units: 2,
            wins: &wins,
            sold_out_seen: 7,
            alone: true,
            ..Told::default()
        };
        assert_eq!(judge(&told, Some(&books(2))), Vec::<String>::new());
        assert!(books(2).are_settled());
    }

    #[test]
    fn each_lie_is_found() {
        let wins = [win(0, 1), win(1, 0)];
        let told = Told {
            units: 2,
            wins: &wins,
            alone: true,
            ..Told::default()
        };
        type Lie = fn(&mut Books);
        let lies: [Lie; 10] = [
            |b| b.ledger.orders = 3,
            |b| b.ledger.captured = 1,
            |b| b.ledger.free = 1,
            |b| b.ledger.oversold = 1,
            |b| b.ledger.journal_sum = Some(1),
            |b| b.ledger.ok = false,
            |b| b.bank.open_holds = 1,
            |b| b.bank.captured = 1,
            |b| b.bank.captured_and_voided = 1,
            |b| b.bank.double_captures = 1,
        ];
        for (n, lie) in lies.iter().enumerate() {
            let mut books = books(2);
            lie(&mut books);
            assert_ne!(judge(&told, Some(&books)), Vec::<String>::new(), "lie {n}");
        }
    }

    #[test]
    fn shoppers_alone_notice_a_unit_promised_twice_and_units_kept_back() {
        let same = [win(0, 1), win(1, 1)];
        let told = Told {
            units: 5,
            wins: &same,
            ..Told::default()
        };
        assert_eq!(judge(&told, None), ["1 units were promised twice"]);
        let one = [win(0, 1)];
        let told = Told {
            units: 5,
            wins: &one,
            sold_out_seen: 3,
            alone: true,
            ..Told::default()
        };
        assert_eq!(judge(&told, None).len(), 1);
    }
}
