//! What an auditor reads of one sale, row by row. Nothing here decides anything.

use super::patience::InTime as _;
use super::{Ledger, unsigned};
use crate::Error;
use protocol::{SaleId, TicketNumber};
use sqlx::Row as _;
use std::collections::BTreeMap;

/// A unit that has an owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitRow {
    /// The unit.
    pub unit: u64,
    /// Its order.
    pub order: String,
    /// The ticket of the order; `None` when there is no such order.
    pub number: Option<TicketNumber>,
}

/// Who stands behind an order, as the payment says.
#[derive(Clone, Debug)]
pub struct Winner {
    /// The order.
    pub order: String,
    /// As it was typed.
    pub email: String,
    /// The provider's fingerprint of the card.
    pub card: Option<String>,
}

/// A payment with what an auditor compares at the provider.
#[derive(Clone, Debug)]
pub struct PaymentEntry {
    /// Our name for it.
    pub payment: String,
    /// How far it is, by the ledger's word for it.
    pub status: String,
    /// The provider's name for it.
    pub intent: Option<String>,
    /// How much, minor units.
    pub minor: i64,
    /// In this currency.
    pub currency: String,
}

/// The money of a sale, added up; minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MoneySums {
    /// Payments that are captured.
    pub(crate) taken: i64,
    /// Refunds that went back.
    pub(crate) refunded: i64,
    /// Payments whose hold stands.
    pub(crate) held: i64,
    /// The journal's account `provider_receivable`.
    pub(crate) receivable: i64,
    /// The whole journal.
    pub(crate) journal: i64,
}

impl Ledger {
    /// The money of a sale, added up.
    pub(crate) async fn money_sums(&self, sale: &SaleId) -> Result<MoneySums, Error> {
        let row = sqlx::query(
            "SELECT
               (SELECT CAST(coalesce(sum(amount_minor), 0) AS BIGINT) FROM payments
                WHERE sale = $1 AND status = 'captured') AS taken,
               (SELECT CAST(coalesce(sum(r.minor), 0) AS BIGINT) FROM refunds r JOIN payments p ON p.payment = r.payment
                WHERE p.sale = $1 AND r.status = 'refunded') AS refunded,
               (SELECT CAST(coalesce(sum(amount_minor), 0) AS BIGINT) FROM payments
                WHERE sale = $1 AND status IN ('authorized', 'capturing')) AS held,
               (SELECT CAST(coalesce(sum(minor), 0) AS BIGINT) FROM journal
                WHERE sale = $1 AND account = 'provider_receivable') AS receivable,
               (SELECT CAST(coalesce(sum(minor), 0) AS BIGINT) FROM journal WHERE sale = $1) AS journal",
        )
        .bind(sale.as_str())
        .fetch_one(&self.pool)
        .in_time()
        .await?;
        Ok(MoneySums {
            taken: row.try_get("taken")?,
            refunded: row.try_get("refunded")?,
            held: row.try_get("held")?,
            receivable: row.try_get("receivable")?,
            journal: row.try_get("journal")?,
        })
    }

    /// The provider's names of the payments of which something went back, or was asked to.
    pub(crate) async fn refunded_intents(&self, sale: &SaleId) -> Result<Vec<String>, Error> {
        let intents = sqlx::query_scalar(
            "SELECT DISTINCT p.intent FROM refunds r JOIN payments p ON p.payment = r.payment
             WHERE p.sale = $1 AND p.intent IS NOT NULL",
        )
        .bind(sale.as_str())
        .fetch_all(&self.pool)
        .in_time()
        .await?;
        Ok(intents)
    }

    /// Every unit that has an owner.
    pub(crate) async fn unit_rows(&self, sale: &SaleId) -> Result<Vec<UnitRow>, Error> {
        let rows = sqlx::query(
            "SELECT u.unit, u.order_id, o.number FROM units u
             LEFT JOIN orders o ON o.order_id = u.order_id WHERE u.sale = $1 ORDER BY u.unit",
        )
        .bind(sale.as_str())
        .fetch_all(&self.pool)
        .in_time()
        .await?;
        rows.iter()
            .map(|row| {
                let number: Option<i64> = row.try_get("number")?;
                Ok(UnitRow {
                    unit: unsigned(row.try_get("unit")?),
                    order: row.try_get("order_id")?,
                    number: number.map(|number| TicketNumber(unsigned(number))),
                })
            })
            .collect()
    }

    /// Every order that was ever written, with its status.
    pub(crate) async fn order_statuses(
        &self,
        sale: &SaleId,
    ) -> Result<BTreeMap<String, String>, Error> {
        let rows = sqlx::query("SELECT order_id, status FROM orders WHERE sale = $1")
            .bind(sale.as_str())
            .fetch_all(&self.pool)
            .in_time()
            .await?;
        rows.iter()
            .map(|row| Ok((row.try_get("order_id")?, row.try_get("status")?)))
            .collect()
    }

    /// Who stands behind each order that stands.
    pub(crate) async fn winners(&self, sale: &SaleId) -> Result<Vec<Winner>, Error> {
        let rows = sqlx::query(
            "SELECT o.order_id, p.email, p.card FROM orders o JOIN payments p ON p.payment = o.payment
             WHERE o.sale = $1 AND o.status IN ('claimed', 'capturing', 'captured')",
        )
        .bind(sale.as_str())
        .fetch_all(&self.pool)
        .in_time()
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Winner {
                    order: row.try_get("order_id")?,
                    email: row.try_get("email")?,
                    card: row.try_get("card")?,
                })
            })
            .collect()
    }

    /// Every payment of a sale.
    pub(crate) async fn payment_entries(&self, sale: &SaleId) -> Result<Vec<PaymentEntry>, Error> {
        let rows = sqlx::query(
            "SELECT payment, status, intent, amount_minor, currency FROM payments WHERE sale = $1",
        )
        .bind(sale.as_str())
        .fetch_all(&self.pool)
        .in_time()
        .await?;
        rows.iter()
            .map(|row| {
                Ok(PaymentEntry {
                    payment: row.try_get("payment")?,
                    status: row.try_get("status")?,
                    intent: row.try_get("intent")?,
                    minor: row.try_get("amount_minor")?,
                    currency: row.try_get("currency")?,
                })
            })
            .collect()
    }

    /// When the sale was announced, Unix ms.
    pub(crate) async fn announced_at(&self, sale: &SaleId) -> Result<u64, Error> {
        let at: i64 = sqlx::query_scalar("SELECT created_at FROM sales WHERE sale = $1")
            .bind(sale.as_str())
            .fetch_one(&self.pool)
            .in_time()
            .await?;
        Ok(unsigned(at))
    }
}
