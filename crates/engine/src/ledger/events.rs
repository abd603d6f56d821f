//! Webhook events seen, and the sums that the audit compares.

use super::patience::InTime as _;
use super::{Ledger, outbox::DutyKind, sql, unsigned};
use crate::Error;
use protocol::SaleId;
use sqlx::Row as _;

/// What the ledger says of one sale, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Units that have an owner.
    pub units: u64,
    /// Orders that stand: claimed, capturing or captured.
    pub orders: u64,
    /// Orders whose money is taken.
    pub captured: u64,
    /// Units whose price is taken, refunded since or not.
    pub paid_units: u64,
    /// Payments whose money is taken.
    pub captured_payments: u64,
    /// Payments whose hold may still stand.
    pub open_authorizations: u64,
    /// Units named by more than one row.
    pub duplicate_units: u64,
    /// Buyers with more than one unit.
    pub duplicate_buyers: u64,
    /// Orders that stand without a unit row of their own.
    pub orders_without_unit: u64,
    /// Payments taken without a standing order.
    pub captured_without_order: u64,
    /// What the journal sums to; zero in every currency.
    pub journal_sum: i64,
    /// Duties towards the provider that are not done and about money: not those to keep and forget cards.
    pub duties: u64,
}

impl Ledger {
    /// Keeps a webhook's event, and owes a look at the payment of this intent where the event can tell something
    /// that no duty is about to find out. Answers `false` when nothing is owed by it, or it was seen before.
    ///
    /// A payment that is being authorized, captured or voided has a driver; one that waits for its shopper has
    /// none, and a hold may be let go of by the bank.
    pub(crate) async fn keep_event(
        &self,
        event: String,
        kind: String,
        intent: Option<String>,
        now: u64,
    ) -> Result<bool, Error> {
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    let kept = sqlx::query(
                        "INSERT INTO webhook_events (event, kind, received_at) VALUES ($1, $2, $3)
                         ON CONFLICT (event) DO NOTHING",
                    )
                    .bind(event)
                    .bind(&kind)
                    .bind(sql(now))
                    .execute(&mut *db)
                    .await?;
                    let (1, Some(intent)) = (kept.rows_affected(), intent) else {
                        return Ok(false);
                    };
                    let payment: Option<String> = sqlx::query_scalar(
                        "SELECT payment FROM payments WHERE intent = $1
                           AND (status = 'requires_action' OR (status = 'authorized' AND $2 = 1))",
                    )
                    .bind(intent)
                    .bind(i64::from(kind == "payment_intent.canceled"))
                    .fetch_optional(&mut *db)
                    .await?;
                    let Some(payment) = payment else {
                        return Ok(false);
                    };
                    super::outbox::owe_once_more(db, DutyKind::Look, &payment, now).await?;
                    Ok(true)
                })
            })
            .await
    }

    /// Counts one sale.
    pub async fn tally(&self, sale: &SaleId) -> Result<Tally, Error> {
        let row = sqlx::query(
            "SELECT
               (SELECT count(*) FROM units WHERE sale = $1) AS units,
               (SELECT count(*) FROM orders WHERE sale = $1 AND status IN ('claimed', 'capturing', 'captured')) AS orders,
               (SELECT count(*) FROM orders WHERE sale = $1 AND status = 'captured') AS captured,
               (SELECT count(*) FROM units u JOIN orders o ON o.order_id = u.order_id
                  WHERE u.sale = $1 AND o.status IN ('captured', 'refunding', 'refunded')) AS paid_units,
               (SELECT count(*) FROM payments WHERE sale = $1 AND status = 'captured') AS captured_payments,
               (SELECT count(*) FROM payments WHERE sale = $1
                  AND status IN ('processing', 'requires_action', 'authorized', 'capturing', 'voiding')) AS open_authorizations,
               (SELECT count(*) FROM (SELECT 1 FROM units WHERE sale = $1 GROUP BY unit HAVING count(*) > 1) AS twice) AS duplicate_units,
               (SELECT count(*) FROM (SELECT 1 FROM units WHERE sale = $1 GROUP BY buyer HAVING count(*) > 1) AS twice) AS duplicate_buyers,
               (SELECT count(*) FROM orders o WHERE o.sale = $1 AND o.status IN ('claimed', 'capturing', 'captured')
                  AND NOT EXISTS (SELECT 1 FROM units u WHERE u.order_id = o.order_id AND u.unit = o.unit)) AS orders_without_unit,
               (SELECT count(*) FROM payments p WHERE p.sale = $1 AND p.status = 'captured'
                  AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.payment = p.payment
                    AND o.status IN ('captured', 'refunding', 'refunded'))) AS captured_without_order,
               (SELECT CAST(coalesce(max(abs(total)), 0) AS BIGINT) FROM
                  (SELECT sum(minor) AS total FROM journal WHERE sale = $1 GROUP BY currency) AS sums) AS journal_sum,
               (SELECT count(*) FROM outbox b JOIN payments p ON p.payment = b.payment
                  WHERE p.sale = $1 AND b.done_at IS NULL AND b.priority < 5) AS duties",
        )
        .bind(sale.as_str())
        .fetch_one(&self.pool)
        .in_time()
        .await?;
        let count = |column: &str| row.try_get::<i64, _>(column).map(unsigned);
        Ok(Tally {
            units: count("units")?,
            orders: count("orders")?,
            captured: count("captured")?,
            paid_units: count("paid_units")?,
            captured_payments: count("captured_payments")?,
            open_authorizations: count("open_authorizations")?,
            duplicate_units: count("duplicate_units")?,
            duplicate_buyers: count("duplicate_buyers")?,
            orders_without_unit: count("orders_without_unit")?,
            captured_without_order: count("captured_without_order")?,
            journal_sum: row.try_get("journal_sum")?,
            duties: count("duties")?,
        })
    }
}
