//! The outbox: what is owed to the payment provider, in the order of what matters most.
//!
//! A duty is written in the same transaction as the fact that makes it due. Whoever drives it holds a
//! lease; when a driver dies its lease runs out and another takes over, with the same idempotency key. The
//! count of attempts is the fence: a driver that was thought dead and comes back finds that the duty is not
//! its own any more. Duties are leased together with the right to call for them (`ledger::pace`).

use super::patience::InTime as _;
use super::{CLOCKS_APART_MS, Ledger, pace, sql, unsigned};
use crate::Error;
use sqlx::{AnyConnection, AssertSqlSafe, FromRow, Row as _, any::AnyRow};

/// What has to be done with a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DutyKind {
    /// Take the money that is held: there is an order.
    Capture,
    /// Release the money that is held: there will be none.
    Void,
    /// Hold the money.
    Authorize,
    /// Ask where the payment stands.
    Look,
    /// Give money back that was taken.
    Refund,
    /// Keep the card until its turn is near.
    Keep,
    /// Forget a card that was kept.
    Forget,
}

/// By priority: smaller goes first.
const KINDS: [DutyKind; 7] = [
    DutyKind::Capture,
    DutyKind::Void,
    DutyKind::Authorize,
    DutyKind::Look,
    DutyKind::Refund,
    DutyKind::Keep,
    DutyKind::Forget,
];

impl DutyKind {
    /// Smaller goes first.
    pub(crate) fn priority(self) -> i64 {
        self as i64
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
    /// Idempotency keys that the provider has used up on it.
    pub keys_spent: u64,
}

impl FromRow<'_, AnyRow> for Duty {
    fn from_row(row: &AnyRow) -> Result<Self, sqlx::Error> {
        let kind = usize::try_from(row.try_get::<i64, _>("priority")?).ok();
        let kind = kind.and_then(|priority| KINDS.get(priority)).copied();
        Ok(Self {
            id: row.try_get("id")?,
            kind: kind.ok_or_else(|| sqlx::Error::Decode("outbox.priority".into()))?,
            payment: row.try_get("payment")?,
            attempts: unsigned(row.try_get("attempts")?),
            keys_spent: unsigned(row.try_get("keys_spent")?),
        })
    }
}

/// A duty can be driven. Neither moment lies further ahead than `$2`, unless the clock that set it was set back since:
/// then nobody waits for it.
const IS_DUE: &str =
    "done_at IS NULL AND (due_at <= $1 OR due_at > $2) AND (lease_until <= $1 OR lease_until > $2)";

/// No duty is put off, nor leased, for longer than so many ms.
const LONGEST_MS: u64 = 60_000;

fn furthest(lease_ms: u64, now: u64) -> i64 {
    sql(now + LONGEST_MS.max(lease_ms) + CLOCKS_APART_MS)
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

/// Owes something that may be owed again and again, as a look or the next refund. A driver that is at work on
/// the last time does not finish this one: the fence has moved.
pub(super) async fn owe_once_more(
    db: &mut AnyConnection,
    kind: DutyKind,
    payment: &str,
    now: u64,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO outbox (priority, payment, due_at) VALUES ($1, $2, $3)
         ON CONFLICT (payment, priority) DO UPDATE
           SET done_at = NULL, due_at = excluded.due_at, lease_until = 0, attempts = outbox.attempts + 1,
               keys_spent = 0",
    )
    .bind(kind.priority())
    .bind(payment)
    .bind(sql(now))
    .execute(db)
    .await?;
    Ok(())
}

impl Ledger {
    /// Leases up to `most` duties that are due, for `lease_ms`, the most important first, and no more than the
    /// provider may be called for now at `calls_per_s`, all processes together.
    pub(crate) async fn lease_duties(
        &self,
        most: usize,
        lease_ms: u64,
        calls_per_s: u32,
        now: u64,
    ) -> Result<Vec<Duty>, Error> {
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    let bucket = pace::lock(db, calls_per_s, now).await?;
                    let most = bucket.ready().min(most);
                    if most == 0 {
                        return Ok(Vec::new());
                    }
                    // Two edges look at the same moment: on Postgres each passes by what the other is
                    // leasing; SQLite has one writer at a time.
                    let skip = match db.backend_name() {
                        "SQLite" => "",
                        _ => "FOR UPDATE SKIP LOCKED",
                    };
                    let lease = format!(
                        "WITH due AS MATERIALIZED (
                           SELECT id FROM outbox WHERE {IS_DUE} ORDER BY priority, due_at, id LIMIT $3 {skip})
                         UPDATE outbox SET lease_until = $4, attempts = attempts + 1
                         WHERE id IN (SELECT id FROM due)
                         RETURNING id, priority, payment, attempts, keys_spent",
                    );
                    let mut duties: Vec<Duty> = sqlx::query_as(AssertSqlSafe(lease))
                        .bind(sql(now))
                        .bind(furthest(lease_ms, now))
                        .bind(sql(most as u64))
                        .bind(sql(now + lease_ms))
                        .fetch_all(&mut *db)
                        .await?;
                    bucket.spend(db, duties.len()).await?;
                    duties.sort_by_key(|duty| (duty.kind.priority(), duty.id));
                    Ok(duties)
                })
            })
            .await
    }

    /// Is anything due?
    pub(crate) async fn duty_is_due(&self, lease_ms: u64, now: u64) -> Result<bool, Error> {
        let due: Option<i64> = sqlx::query_scalar(AssertSqlSafe(format!(
            "SELECT 1 FROM outbox WHERE {IS_DUE} LIMIT 1"
        )))
        .bind(sql(now))
        .bind(furthest(lease_ms, now))
        .fetch_optional(&self.pool)
        .in_time()
        .await?;
        Ok(due.is_some())
    }

    /// The duty is done, unless it is another driver's by now, or owed once more.
    pub(crate) async fn finish_duty(&self, duty: &Duty, now: u64) -> Result<(), Error> {
        let (id, attempts) = (duty.id, duty.attempts);
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    sqlx::query(
                        "UPDATE outbox SET done_at = $2, lease_until = 0
                         WHERE id = $1 AND attempts = $3 AND done_at IS NULL",
                    )
                    .bind(id)
                    .bind(sql(now))
                    .bind(sql(attempts))
                    .execute(db)
                    .await?;
                    Ok(())
                })
            })
            .await
    }

    /// The duty could not be done; try again at `due_at`, with the next key when this one is `spent`.
    pub(crate) async fn postpone_duty(
        &self,
        duty: &Duty,
        due_at: u64,
        reason: String,
        spent: bool,
    ) -> Result<(), Error> {
        let (id, attempts) = (duty.id, duty.attempts);
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    sqlx::query(
                        "UPDATE outbox SET due_at = $2, lease_until = 0, last_error = $3, keys_spent = keys_spent + $5
                         WHERE id = $1 AND attempts = $4 AND done_at IS NULL",
                    )
                    .bind(id)
                    .bind(sql(due_at))
                    .bind(reason)
                    .bind(sql(attempts))
                    .bind(i64::from(spent))
                    .execute(db)
                    .await?;
                    Ok(())
                })
            })
            .await
    }

    /// What is owed for a sale and why it is still owed, for a test that waits in vain.
    #[cfg(test)]
    pub(crate) async fn owed(&self, sale: &protocol::SaleId) -> Result<Vec<String>, Error> {
        let rows = sqlx::query(
            "SELECT b.*, p.status FROM outbox b JOIN payments p ON p.payment = b.payment
             WHERE p.sale = $1 AND b.done_at IS NULL",
        )
        .bind(sale.as_str())
        .fetch_all(&self.pool)
        .in_time()
        .await?;
        let owed = rows.iter().map(|row| {
            let number = |column: &str| row.try_get::<i64, _>(column);
            let status: String = row.try_get("status")?;
            let why: Option<String> = row.try_get("last_error")?;
            Ok(format!(
                "{:?} of a payment that is {status}: attempt {}, due at {}, leased until {}, {why:?}",
                Duty::from_row(row)?,
                number("attempts")?,
                number("due_at")?,
                number("lease_until")?,
            ))
        });
        owed.collect()
    }
}
