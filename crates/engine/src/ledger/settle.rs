//! How a capture ended, and what follows from it.

use super::orders::{OrderRow, order};
use super::{Ledger, outbox::DutyKind, sql};
use crate::Error;
use sqlx::AnyConnection;

/// How a capture ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// The money is taken.
    Captured,
    /// The bank refused for good; with its code.
    Refused(String),
}

impl Ledger {
    /// Keeps how a capture ended, and with it the order, the journal or the unit that comes back.
    pub(crate) async fn settle(
        &self,
        payment: String,
        settlement: Settlement,
        now: u64,
    ) -> Result<Option<OrderRow>, Error> {
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    // A write, so that whoever settles it at the same time waits here and then finds it settled.
                    let settled: Option<String> = sqlx::query_scalar(
                        "UPDATE orders SET updated_at = $2
                         WHERE payment = $1 AND status IN ('claimed', 'capturing') RETURNING order_id",
                    )
                    .bind(&payment)
                    .bind(sql(now))
                    .fetch_optional(&mut *db)
                    .await?;
                    let Some(id) = settled else { return Ok(None) };
                    match settlement {
                        Settlement::Captured => keep_capture(db, &payment, &id, now).await?,
                        Settlement::Refused(code) => keep_refusal(db, &payment, &id, &code, now).await?,
                    }
                    order(db, &id).await
                })
            })
            .await
    }
}

async fn keep_capture(
    db: &mut AnyConnection,
    payment: &str,
    order: &str,
    now: u64,
) -> Result<(), Error> {
    sqlx::query("UPDATE payments SET status = 'captured', updated_at = $2 WHERE payment = $1 AND status = 'capturing'")
        .bind(payment)
        .bind(sql(now))
        .execute(&mut *db)
        .await?;
    sqlx::query("UPDATE orders SET status = 'captured', captured_at = $2, updated_at = $2 WHERE order_id = $1")
        .bind(order)
        .bind(sql(now))
        .execute(&mut *db)
        .await?;
    super::journal::keep_capture(db, payment, now).await
}

async fn keep_refusal(
    db: &mut AnyConnection,
    payment: &str,
    order: &str,
    code: &str,
    now: u64,
) -> Result<(), Error> {
    sqlx::query(
        "UPDATE payments SET status = 'voiding', decline_code = $3, updated_at = $2
         WHERE payment = $1 AND status = 'capturing'",
    )
    .bind(payment)
    .bind(sql(now))
    .bind(code)
    .execute(&mut *db)
    .await?;
    sqlx::query("UPDATE orders SET status = 'failed', updated_at = $2 WHERE order_id = $1")
        .bind(order)
        .bind(sql(now))
        .execute(&mut *db)
        .await?;
    super::returns::free_unit(db, order).await?;
    // A bank that refuses to pay may hold the money all the same.
    super::outbox::owe(db, DutyKind::Void, payment, now).await
}
