//! The audit: the invariants of the design, checked on a live system.

use crate::{Engine, Error};
use protocol::SaleId;
use serde::Serialize;

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
    /// Buyers with more than one unit.
    pub duplicate_buyers: u64,
    /// Orders that are paid.
    pub captured: u64,
    /// Claims beyond the units of the sale.
    pub oversold: u64,
    /// Units of the sale.
    pub total: u32,
    /// Free units, by Redis.
    pub free: u32,
    /// Reserved units, by Redis.
    pub reserved: u32,
    /// Claimed units, by Redis.
    pub claimed: u32,
    /// Payments whose hold may still stand.
    pub open_authorizations: u64,
    /// What is still owed to the provider.
    pub duties: u64,
    /// Nothing is under way: no reservation, no duty, no open hold.
    pub quiet: bool,
    /// No invariant is broken.
    pub ok: bool,
    /// The broken ones, in words.
    pub violations: Vec<String>,
}

impl Engine {
    /// Checks one sale across Redis and the ledger. While it is busy, sums that need quiet are not judged.
    pub async fn audit(&self, sale: &SaleId) -> Result<Report, Error> {
        let total = self
            .ledger
            .sales()
            .await?
            .into_iter()
            .find(|row| row.sale == *sale)
            .ok_or(Error::UnknownSale)?
            .units;
        // Ledger before and after: a sale that moved between the two readings is not judged as quiet.
        let before = self.ledger.tally(sale).await?;
        let state = crate::room::advance(self, sale)
            .await?
            .ok_or(Error::Rebuilding)?;
        let tally = self.ledger.tally(sale).await?;
        let claimed =
            u64::from(total).saturating_sub(u64::from(state.free) + u64::from(state.reserved));
        let quiet = before == tally
            && state.reserved == 0
            && tally.duties == 0
            && tally.open_authorizations == 0;

        let mut violations = Vec::new();
        let mut expect = |good: bool, what: String| {
            if !good {
                violations.push(what);
            }
        };
        expect(
            tally.units <= u64::from(total),
            format!("oversold: {} of {total} units have an owner", tally.units),
        );
        expect(
            tally.duplicate_units == 0,
            format!("{} units have two owners", tally.duplicate_units),
        );
        expect(
            tally.duplicate_buyers == 0,
            format!("{} buyers have two units", tally.duplicate_buyers),
        );
        expect(
            tally.orders == tally.units,
            format!("{} orders for {} units", tally.orders, tally.units),
        );
        expect(
            tally.orders_without_unit == 0,
            format!("{} orders without a unit", tally.orders_without_unit),
        );
        expect(
            tally.captured_without_order == 0,
            format!(
                "{} payments taken without an order",
                tally.captured_without_order
            ),
        );
        expect(
            tally.journal_sum == 0,
            format!("the journal sums to {}", tally.journal_sum),
        );
        expect(
            state.free + state.reserved <= total,
            format!(
                "redis holds {} free and {} reserved of {total}",
                state.free, state.reserved
            ),
        );
        if quiet {
            expect(
                claimed == tally.units,
                format!("redis counts {claimed} claims, the ledger {}", tally.units),
            );
            expect(
                tally.captured == tally.orders,
                format!("{} of {} orders are paid", tally.captured, tally.orders),
            );
        }
        Ok(Report {
            sale: sale.clone(),
            orders: tally.orders,
            units: tally.units,
            duplicate_units: tally.duplicate_units,
            duplicate_buyers: tally.duplicate_buyers,
            captured: tally.captured,
            oversold: tally.units.saturating_sub(u64::from(total)),
            total,
            free: state.free,
            reserved: state.reserved,
            claimed: u32::try_from(claimed).unwrap_or(u32::MAX),
            open_authorizations: tally.open_authorizations,
            duties: tally.duties,
            quiet,
            ok: violations.is_empty(),
            violations,
        })
    }
}
