//! The audit: the invariants of the design, checked across ledger, Redis and provider, live or stopped.
//!
//! It only reads. [`look`] gathers, one file for each group of invariants judges: [`stock`] (1, 2, 3, 7),
//! [`buyers`] (4, 5), [`provider`] (6), [`line`] (8 to 11); [`row`] is what they answer. On a live system
//! values move between two readings, so what seems broken is looked at again, and only what is still
//! there is called broken. What state cannot tell is `not judged`, and says which test holds it.
//! [`payments`] lays the money of the three books side by side. [`reconcile`] repairs what may be repaired.

mod buyers;
mod line;
mod look;
mod payments;
mod provider;
mod reconcile;
mod row;
mod stock;

pub use payments::{Pair, PaymentsReport};
pub use reconcile::Repair;
pub(crate) use reconcile::sweep;
pub use row::{Row, Verdict};

use crate::ledger::Ledger;
use crate::pay::{Gateway, Paced};
use crate::redis::Store;
use crate::{Engine, Error};
use look::Look;
use protocol::SaleId;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

/// Between two looks: longer than any step between two stores takes.
const SECOND_LOOK: Duration = Duration::from_millis(500);

/// What was found in one sale. Counts come from the ledger unless they say otherwise.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The sale.
    pub sale: SaleId,
    /// Orders that stand.
    pub orders: u64,
    /// Units that have an owner.
    pub units: u64,
    /// Units named twice.
    pub duplicate_units: u64,
    /// Browsers with more than one unit.
    pub duplicate_buyers: u64,
    /// Orders that are paid.
    pub captured: u64,
    /// Claims beyond the units of the sale.
    pub oversold: u64,
    /// Units of the sale.
    pub total: u32,
    /// Free units, by Redis; 0 when it was not seen.
    pub free: u32,
    /// Reserved units, by Redis.
    pub reserved: u32,
    /// Claimed units, by Redis.
    pub claimed: u32,
    /// Payments whose hold may still stand.
    pub open_authorizations: u64,
    /// What is still owed to the provider.
    pub duties: u64,
    /// What the journal of money sums to, minor units; the worst currency counts, without its sign.
    pub journal_sum: u64,
    /// Nothing is under way: no reservation, no duty, no open hold.
    pub quiet: bool,
    /// No invariant is broken.
    pub ok: bool,
    /// The broken ones, in words.
    pub violations: Vec<String>,
    /// What could not be seen, and why.
    pub unseen: Vec<String>,
    /// Every invariant.
    pub invariants: Vec<Row>,
}

/// Whoever audits, with the books that can be reached, or the reason why one cannot.
#[derive(Clone, Debug)]
pub struct Auditor {
    /// The ledger; without it there is nothing to audit.
    pub ledger: Ledger,
    /// Redis.
    pub store: Result<Store, String>,
    /// The payment provider.
    pub gateway: Result<Arc<dyn Gateway>, String>,
    /// Unix ms.
    pub now: u64,
}

impl Engine {
    /// Audits one sale across Redis and the ledger. The provider is not asked: that takes a call for each
    /// hundred payments, and is left to `sluice audit`.
    pub async fn audit(&self, sale: &SaleId) -> Result<Report, Error> {
        let unasked = "the provider was not asked; `sluice audit` asks it";
        let auditor = Auditor {
            gateway: Err(unasked.to_owned()),
            ..self.auditor()
        };
        auditor.audit(sale).await
    }

    /// The provider at the pace of all processes together: an audit's calls are in nobody's way.
    pub(crate) fn paced(&self) -> Arc<dyn Gateway> {
        Arc::new(Paced {
            inner: Arc::clone(&self.gateway),
            ledger: self.ledger.clone(),
            world: self.world.clone(),
            calls_per_s: self.settings.payment.calls_per_s,
        })
    }

    /// An auditor with all three books.
    pub fn auditor(&self) -> Auditor {
        Auditor {
            ledger: self.ledger.clone(),
            store: Ok(self.store.clone()),
            gateway: Ok(self.paced()),
            now: self.world.now(),
        }
    }
}

impl Auditor {
    /// Audits one sale; reads only.
    pub async fn audit(&self, sale: &SaleId) -> Result<Report, Error> {
        let look = Look::at(self, sale).await?;
        let rows = judge(&look);
        if rows.iter().all(|row| row.offenders.is_empty()) {
            return Ok(report(&look, rows));
        }
        tokio::time::sleep(SECOND_LOOK).await;
        let look = Look::at(self, sale).await?;
        let still = keep_what_stays(judge(&look), &rows);
        Ok(report(&look, still))
    }
}

fn judge(look: &Look) -> Vec<Row> {
    vec![
        stock::oversell(look),
        stock::undersell(look),
        stock::conservation(look),
        buyers::limits(look),
        buyers::once(look),
        provider::money(look),
        stock::durable(look),
        line::draw(look),
        line::places(look),
        line::watching(),
        line::fails_closed(look),
    ]
}

/// The rows of the second look, with only those offenders that the first one had seen too. They are compared
/// as they read, so a sentence holds no figure that grows while an offence lasts.
fn keep_what_stays(rows: Vec<Row>, before: &[Row]) -> Vec<Row> {
    let keep = |(mut row, before): (Row, &Row)| {
        row.offenders.retain(|it| before.offenders.contains(it));
        if row.verdict == Verdict::Broken && row.offenders.is_empty() {
            row.verdict = Verdict::NotJudged;
            row.why = format!("it moves; look again ({})", row.why);
        }
        row
    };
    rows.into_iter().zip(before).map(keep).collect()
}

fn report(look: &Look, rows: Vec<Row>) -> Report {
    let tally = &look.tally;
    let count = |units: usize| u32::try_from(units).unwrap_or(u32::MAX);
    let redis = look.redis.as_ref().ok();
    let seen = [look.redis.as_ref().err(), look.provider.as_ref().err()];
    let violations: Vec<String> = rows
        .iter()
        .flat_map(|row| {
            let title = row.title();
            row.offenders.iter().map(move |it| format!("{title}: {it}"))
        })
        .collect();
    Report {
        sale: look.row.sale.clone(),
        orders: tally.orders,
        units: tally.units,
        duplicate_units: tally.duplicate_units,
        duplicate_buyers: tally.duplicate_buyers,
        captured: tally.captured,
        oversold: tally.units.saturating_sub(u64::from(look.row.units)),
        total: look.row.units,
        free: redis.map_or(0, |redis| u32::try_from(redis.stock).unwrap_or_default()),
        reserved: redis.map_or(0, |redis| count(redis.reserved.len())),
        claimed: redis.map_or(0, |redis| count(redis.claimed.len())),
        open_authorizations: tally.open_authorizations,
        duties: tally.duties,
        journal_sum: tally.journal_sum.unsigned_abs(),
        quiet: look.is_quiet(),
        ok: violations.is_empty(),
        violations,
        unseen: seen.into_iter().flatten().cloned().collect(),
        invariants: rows,
    }
}
