//! The orders of a sale as the operator sees them.

use super::patience::InTime as _;
use super::{Ledger, sql, unsigned};
use crate::Error;
use protocol::wire::SoldOrder;
use protocol::{Currency, Money, SaleId, UnitNo};
use sqlx::{AssertSqlSafe, Row as _, any::AnyRow};

/// An abandoned order has no payment, and is none.
const SOLD: &str =
    "SELECT o.order_id, o.unit, o.status, o.claimed_at, o.captured_at, p.email, p.amount_minor, p.currency,
       (SELECT CAST(coalesce(sum(minor), 0) AS BIGINT) FROM refunds r
        WHERE r.payment = o.payment AND r.status <> 'refused') AS gone
     FROM orders o JOIN payments p ON p.payment = o.payment WHERE o.sale = $1";

impl Ledger {
    /// The newest first.
    pub(crate) async fn sold(
        &self,
        sale: &SaleId,
        most: u32,
        from: u32,
    ) -> Result<Vec<SoldOrder>, Error> {
        let query = sqlx::query(AssertSqlSafe(format!(
            "{SOLD} ORDER BY o.claimed_at DESC, o.order_id LIMIT $2 OFFSET $3"
        )));
        let query = query
            .bind(sale.as_str())
            .bind(i64::from(most))
            .bind(i64::from(from));
        let rows = query.fetch_all(&self.pool).in_time().await?;
        rows.iter().map(sold_order).collect()
    }

    /// In the order in which they were claimed, those that follow `last`; what is claimed meanwhile moves none of them.
    pub(crate) async fn sold_after(
        &self,
        sale: &SaleId,
        most: u32,
        last: Option<&SoldOrder>,
    ) -> Result<Vec<SoldOrder>, Error> {
        let query = sqlx::query(AssertSqlSafe(format!(
            "{SOLD} AND (o.claimed_at > $2 OR (o.claimed_at = $2 AND o.order_id > $3))
             ORDER BY o.claimed_at, o.order_id LIMIT $4"
        )));
        let query = query
            .bind(sale.as_str())
            .bind(last.map_or(-1, |last| sql(last.claimed_at)))
            .bind(last.map_or("", |last| &last.order))
            .bind(i64::from(most));
        let rows = query.fetch_all(&self.pool).in_time().await?;
        rows.iter().map(sold_order).collect()
    }
}

fn sold_order(row: &AnyRow) -> Result<SoldOrder, Error> {
    let (unit, currency): (i64, String) = (row.try_get("unit")?, row.try_get("currency")?);
    Ok(SoldOrder {
        order: row.try_get("order_id")?,
        unit: UnitNo(u32::try_from(unit).map_err(|_| Error::Corrupt("orders.unit"))?),
        status: row.try_get("status")?,
        email: row.try_get("email")?,
        amount: Money {
            minor: row.try_get("amount_minor")?,
            currency: Currency::parse(&currency)
                .map_err(|_| Error::Corrupt("payments.currency"))?,
        },
        refunded_minor: row.try_get("gone")?,
        claimed_at: unsigned(row.try_get("claimed_at")?),
        captured_at: row.try_get::<Option<i64>, _>("captured_at")?.map(unsigned),
    })
}
