//! Refunds: the intent is written before the provider is asked; the order, the journal and the unit that comes
//! back follow with the answer, in one transaction.

use super::patience::InTime as _;
use super::{Ledger, journal, outbox::DutyKind, returns, sql, unsigned};
use crate::Error;
use protocol::{Currency, Money, SaleId};
use sqlx::{FromRow, Row as _, any::AnyRow};

/// A refund that the operator asks for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) order: String,
    /// Minor units; what is left of the price when absent.
    pub(crate) minor: Option<i64>,
    /// Does the unit go back to the next in line?
    pub(crate) restock: bool,
}

/// One refund.
#[derive(Clone, Debug)]
pub struct RefundRow {
    /// Our name for it.
    pub refund: String,
    /// The payment it goes back on.
    pub payment: String,
    /// The provider's name for that payment.
    pub intent: Option<String>,
    /// Which refund of this payment, from 1.
    pub nth: u64,
    /// How much.
    pub amount: Money,
    /// `refunding`, `refunded` or `refused`.
    pub status: String,
    /// Why the provider refused.
    pub reason: Option<String>,
    /// What went back on this payment before, minor units.
    pub before: i64,
}

const REFUND: &str =
    "SELECT r.refund, r.payment, r.nth, r.minor, r.status, r.reason, p.currency, p.intent,
      (SELECT CAST(coalesce(sum(o.minor), 0) AS BIGINT) FROM refunds o
       WHERE o.payment = r.payment AND o.status = 'refunded') AS went_back
    FROM refunds r JOIN payments p ON p.payment = r.payment";

impl FromRow<'_, AnyRow> for RefundRow {
    fn from_row(row: &AnyRow) -> Result<Self, sqlx::Error> {
        let currency: String = row.try_get("currency")?;
        Ok(Self {
            refund: row.try_get("refund")?,
            payment: row.try_get("payment")?,
            intent: row.try_get("intent")?,
            nth: unsigned(row.try_get("nth")?),
            amount: Money {
                minor: row.try_get("minor")?,
                currency: Currency::parse(&currency)
                    .map_err(|_| sqlx::Error::Decode("payments.currency".into()))?,
            },
            status: row.try_get("status")?,
            reason: row.try_get("reason")?,
            before: row.try_get("went_back")?,
        })
    }
}

impl Ledger {
    /// Writes down that money is to go back, and owes the call. Refuses what is more than what is left, an order
    /// that is not paid, and a second refund of the same payment while one is under way.
    pub(crate) async fn intend_refund(
        &self,
        sale: &SaleId,
        asked: Asked,
        now: u64,
    ) -> Result<RefundRow, Error> {
        let sale = sale.to_string();
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    let row = sqlx::query(
                        "SELECT o.status, o.payment, p.amount_minor,
                           (SELECT CAST(coalesce(sum(minor), 0) AS BIGINT) FROM refunds r
                            WHERE r.payment = o.payment AND r.status <> 'refused') AS gone,
                           (SELECT count(*) FROM refunds r WHERE r.payment = o.payment) AS made
                         FROM orders o JOIN payments p ON p.payment = o.payment
                         WHERE o.order_id = $1 AND o.sale = $2",
                    )
                    .bind(&asked.order)
                    .bind(sale)
                    .fetch_optional(&mut *db)
                    .await?
                    .ok_or(Error::UnknownOrder)?;
                    let status: String = row.try_get("status")?;
                    match status.as_str() {
                        "captured" => {}
                        "refunding" => return Err(Error::Unprocessable("a refund of this order is under way")),
                        "refunded" => return Err(Error::Unprocessable("all of this order's price went back")),
                        _ => return Err(Error::Unprocessable("this order is not paid")),
                    }
                    let payment: String = row.try_get("payment")?;
                    let left = row.try_get::<i64, _>("amount_minor")? - row.try_get::<i64, _>("gone")?;
                    let minor = asked.minor.unwrap_or(left);
                    if !(1..=left).contains(&minor) {
                        return Err(Error::Unprocessable("amount is 1 to what is left of the price, in minor units"));
                    }
                    if asked.restock && minor < left {
                        return Err(Error::Unprocessable("a unit goes back only with all of its price"));
                    }
                    let nth = row.try_get::<i64, _>("made")? + 1;
                    let refund = format!("{payment}:refund:{nth}");
                    let inserted = sqlx::query(
                        "INSERT INTO refunds (refund, payment, order_id, nth, minor, status, restock, created_at, updated_at)
                         VALUES ($1, $2, $3, $4, $5, 'refunding', $6, $7, $7) ON CONFLICT DO NOTHING",
                    )
                    .bind(&refund)
                    .bind(&payment)
                    .bind(&asked.order)
                    .bind(nth)
                    .bind(minor)
                    .bind(i64::from(asked.restock))
                    .bind(sql(now))
                    .execute(&mut *db)
                    .await?;
                    // Whoever came first has the payment's only place under way.
                    let moved = sqlx::query(
                        "UPDATE orders SET status = 'refunding', updated_at = $2
                         WHERE order_id = $1 AND status = 'captured'",
                    )
                    .bind(&asked.order)
                    .bind(sql(now))
                    .execute(&mut *db)
                    .await?;
                    if inserted.rows_affected() == 0 || moved.rows_affected() == 0 {
                        return Err(Error::Unprocessable("a refund of this order is under way"));
                    }
                    super::outbox::owe_once_more(db, DutyKind::Refund, &payment, now).await?;
                    Ok(sqlx::query_as(sqlx::AssertSqlSafe(format!("{REFUND} WHERE r.refund = $1")))
                        .bind(refund)
                        .fetch_one(db)
                        .await?)
                })
            })
            .await
    }

    /// The refund of a payment that is under way.
    pub(crate) async fn refund_under_way(&self, payment: &str) -> Result<Option<RefundRow>, Error> {
        let query = format!("{REFUND} WHERE r.payment = $1 AND r.status = 'refunding'");
        let row = sqlx::query_as(sqlx::AssertSqlSafe(query))
            .bind(payment)
            .fetch_optional(&self.pool)
            .in_time()
            .await?;
        Ok(row)
    }

    /// Keeps how a refund ended: the provider's name for it, or why it refused.
    pub(crate) async fn settle_refund(
        &self,
        refund: String,
        ended: Result<String, String>,
        now: u64,
    ) -> Result<(), Error> {
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    let (status, provider, reason) = match &ended {
                        Ok(name) => ("refunded", Some(name), None),
                        Err(why) => ("refused", None, Some(why)),
                    };
                    let row = sqlx::query(
                        "UPDATE refunds SET status = $2, provider = $3, reason = $4, updated_at = $5
                         WHERE refund = $1 AND status = 'refunding'
                         RETURNING payment, order_id, nth, minor, restock",
                    )
                    .bind(&refund)
                    .bind(status)
                    .bind(provider)
                    .bind(reason)
                    .bind(sql(now))
                    .fetch_optional(&mut *db)
                    .await?;
                    // Another driver settled it.
                    let Some(row) = row else { return Ok(()) };
                    let (payment, order): (String, String) = (row.try_get("payment")?, row.try_get("order_id")?);
                    if ended.is_ok() {
                        let (nth, minor) = (row.try_get("nth")?, row.try_get("minor")?);
                        journal::keep_refund(db, &payment, nth, minor, now).await?;
                    }
                    sqlx::query(
                        "UPDATE orders SET updated_at = $2, status = CASE WHEN
                           (SELECT sum(r.minor) FROM refunds r WHERE r.payment = orders.payment AND r.status = 'refunded')
                           >= (SELECT p.amount_minor FROM payments p WHERE p.payment = orders.payment)
                           THEN 'refunded' ELSE 'captured' END
                         WHERE order_id = $1 AND status = 'refunding'",
                    )
                    .bind(&order)
                    .bind(sql(now))
                    .execute(&mut *db)
                    .await?;
                    if ended.is_ok() && row.try_get::<i64, _>("restock")? != 0 {
                        returns::free_unit(db, &order).await?;
                    }
                    Ok(())
                })
            })
            .await
    }
}
