//! The outbox: what is owed to the payment provider, in the order of what matters most.
//!
//! A duty is written in the same transaction as the fact that makes it due. Whoever drives it holds a
//! lease; when a driver dies its lease runs out and another takes over, with the same idempotency key.

use super::patience::InTime as _;
use super::{Ledger, sql, unsigned};
use crate::Error;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

/// What has to be done with a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DutyKind {
    /// Take the money that is held: there is an order.
    Capture,
    /// Release the money that is held: there will be none.
    Void,
    /// Hold the money.
    Authorize,
}

impl DutyKind {
    /// Smaller goes first.
    pub(crate) fn priority(self) -> i64 {
        match self {
            Self::Capture => 0,
            Self::Void => 1,
            Self::Authorize => 2,
        }
    }
}

/// One thing owed to the provider.
#[derive(Clone, Debug)]
pub struct Duty {
    /// Row of the outbox.
    pub id: i64,
    /// What to do.
    pub kind: DutyKind,
    /// With which payment.
    pub payment: String,
    /// How often it was tried, this time included.
    pub attempts: u64,
}

pub(super) async fn owe(
    db: &mut AnyConnection,
    kind: DutyKind,
    payment: &str,
    now: u64,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO outbox (priority, payment, due_at) VALUES ($1, $2, $3)
         ON CONFLICT (payment, priority) DO NOTHING",
    )
    .bind(kind.priority())
    .bind(payment)
    .bind(sql(now))
    .execute(db)
    .await?;
    Ok(())
}

impl Ledger {
    /// Leases up to `most` duties that are due, for `lease_ms`, the most important first.
    pub(crate) async fn lease_duties(
        &self,
        most: usize,
        lease_ms: u64,
        now: u64,
    ) -> Result<Vec<Duty>, Error> {
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    // Two edges look at the same moment: on Postgres each passes by what the other is
                    // leasing; SQLite has one writer at a time.
                    let skip = match db.backend_name() {
                        "SQLite" => "",
                        _ => "FOR UPDATE SKIP LOCKED",
                    };
                    let lease = format!(
                        "WITH due AS MATERIALIZED (
                           SELECT id FROM outbox WHERE done_at IS NULL AND due_at <= $2 AND lease_until <= $2
                           ORDER BY priority, due_at, id LIMIT $3 {skip})
                         UPDATE outbox SET lease_until = $1, attempts = attempts + 1
                         WHERE id IN (SELECT id FROM due) RETURNING id, priority, payment, attempts",
                    );
                    let rows = sqlx::query(AssertSqlSafe(lease))
                    .bind(sql(now + lease_ms))
                    .bind(sql(now))
                    .bind(sql(most as u64))
                    .fetch_all(db)
                    .await?;
                    let mut duties = rows
                        .iter()
                        .map(|row| {
                            let kind = match row.try_get::<i64, _>("priority")? {
                                0 => DutyKind::Capture,
                                1 => DutyKind::Void,
                                _ => DutyKind::Authorize,
                            };
                            Ok(Duty {
                                id: row.try_get("id")?,
                                kind,
                                payment: row.try_get("payment")?,
                                attempts: unsigned(row.try_get("attempts")?),
                            })
                        })
                        .collect::<Result<Vec<Duty>, Error>>()?;
                    duties.sort_by_key(|duty| (duty.kind.priority(), duty.id));
                    Ok(duties)
                })
            })
            .await
    }

    /// Is anything due?
    pub(crate) async fn duty_is_due(&self, now: u64) -> Result<bool, Error> {
        let due: Option<i64> = sqlx::query_scalar(
            "SELECT 1 FROM outbox WHERE done_at IS NULL AND due_at <= $1 AND lease_until <= $1 LIMIT 1",
        )
        .bind(sql(now))
        .fetch_optional(&self.pool)
        .in_time()
        .await?;
        Ok(due.is_some())
    }

    /// The duty is done.
    pub(crate) async fn finish_duty(&self, id: i64, now: u64) -> Result<(), Error> {
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    sqlx::query("UPDATE outbox SET done_at = $2, lease_until = 0 WHERE id = $1")
                        .bind(id)
                        .bind(sql(now))
                        .execute(db)
                        .await?;
                    Ok(())
                })
            })
            .await
    }

    /// The duty could not be done; try again at `due_at`.
    pub(crate) async fn postpone_duty(
        &self,
        id: i64,
        due_at: u64,
        reason: String,
    ) -> Result<(), Error> {
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    sqlx::query(
                        "UPDATE outbox SET due_at = $2, lease_until = 0, last_error = $3 WHERE id = $1",
                    )
                    .bind(id)
                    .bind(sql(due_at))
                    .bind(reason)
                    .execute(db)
                    .await?;
                    Ok(())
                })
            })
            .await
    }
}
