//! What `sluice reconcile` writes: duties that were lost, and a row for a hold that has none.

use super::outbox::DutyKind;
use super::patience::InTime as _;
use super::{Ledger, sql};
use crate::Error;
use protocol::SaleId;
use sqlx::{AnyConnection, Row as _};

impl Ledger {
    /// Payments that are on their way, with nothing owed to the provider for them: name and status.
    pub(crate) async fn idle_payments(
        &self,
        sale: &SaleId,
    ) -> Result<Vec<(String, String)>, Error> {
        let rows = sqlx::query(
            "SELECT payment, status FROM payments p
             WHERE sale = $1 AND status IN ('processing', 'capturing', 'voiding')
               AND waits_rank IS NULL AND NOT EXISTS (SELECT 1 FROM outbox b WHERE b.payment = p.payment AND b.done_at IS NULL
                 AND b.priority = CASE p.status WHEN 'capturing' THEN 0 WHEN 'voiding' THEN 1 ELSE 2 END)",
        )
        .bind(sale.as_str())
        .fetch_all(&self.pool)
        .in_time()
        .await?;
        rows.iter()
            .map(|row| Ok((row.try_get("payment")?, row.try_get("status")?)))
            .collect()
    }

    /// Owes what the payment's status asks for, if it still does.
    pub(crate) async fn owe_again(&self, payment: String, now: u64) -> Result<(), Error> {
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    let status: Option<String> =
                        sqlx::query_scalar("SELECT status FROM payments WHERE payment = $1")
                            .bind(&payment)
                            .fetch_optional(&mut *db)
                            .await?;
                    let kind = match status.as_deref() {
                        Some("processing") => DutyKind::Authorize,
                        Some("capturing") => DutyKind::Capture,
                        Some("voiding") => DutyKind::Void,
                        _ => return Ok(()),
                    };
                    reopen(db, kind, &payment, now).await
                })
            })
            .await
    }

    /// A payment that counts as voided, whose money is held all the same, is voided again.
    pub(crate) async fn void_again(&self, payment: String, now: u64) -> Result<(), Error> {
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    let moved = sqlx::query(
                        "UPDATE payments SET status = 'voiding', updated_at = $2
                         WHERE payment = $1 AND status = 'voided'",
                    )
                    .bind(&payment)
                    .bind(sql(now))
                    .execute(&mut *db)
                    .await?;
                    match moved.rows_affected() {
                        0 => Ok(()),
                        _ => reopen(db, DutyKind::Void, &payment, now).await,
                    }
                })
            })
            .await
    }

    /// Gives a second hold of a payment a row of its own, and owes its release. Its attempt is below 1, so
    /// that it is never the ticket's newest.
    pub(crate) async fn adopt_orphan(
        &self,
        twin: String,
        intent: String,
        now: u64,
    ) -> Result<(), Error> {
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    let payment = format!("{twin}:{intent}");
                    sqlx::query(
                        "INSERT INTO payments (payment, sale, number, attempt, status, payment_method, email,
                                               amount_minor, currency, intent, created_at, updated_at, shopper)
                         SELECT $1, sale, number,
                                (SELECT CASE WHEN min(o.attempt) > 1 THEN 0 ELSE min(o.attempt) - 1 END
                                 FROM payments o WHERE o.sale = p.sale AND o.number = p.number),
                                'voiding', payment_method, email, amount_minor, currency, $2, $3, $3, shopper
                         FROM payments p WHERE payment = $4
                         ON CONFLICT (payment) DO NOTHING",
                    )
                    .bind(&payment)
                    .bind(intent)
                    .bind(sql(now))
                    .bind(twin)
                    .execute(&mut *db)
                    .await?;
                    reopen(db, DutyKind::Void, &payment, now).await
                })
            })
            .await
    }
}

/// Owes a duty, also one that counted as done. It counts as tried before, so that its driver asks the
/// provider where the payment stands before it does anything.
async fn reopen(
    db: &mut AnyConnection,
    kind: DutyKind,
    payment: &str,
    now: u64,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO outbox (priority, payment, due_at, attempts) VALUES ($1, $2, $3, 1)
         ON CONFLICT (payment, priority) DO UPDATE
           SET done_at = NULL, due_at = excluded.due_at, lease_until = 0, attempts = outbox.attempts + 1",
    )
    .bind(kind.priority())
    .bind(payment)
    .bind(sql(now))
    .execute(db)
    .await?;
    Ok(())
}
