//! Whose turn it is to sweep, and which holds are old.

use super::patience::InTime as _;
use super::{CLOCKS_APART_MS, Ledger, outbox::DutyKind, sql, unsigned};
use crate::Error;
use sqlx::Row as _;

/// Most old holds that are looked at with one sweep.
const MOST: i64 = 1000;

impl Ledger {
    /// Begins a sweep when the last one is `every_ms` ago, and answers when that was, Unix ms. Of several
    /// processes one gets it. A new ledger has its first one `every_ms` from now.
    pub(crate) async fn begin_sweep(&self, every_ms: u64, now: u64) -> Result<Option<u64>, Error> {
        let due = "SELECT next_at FROM pace WHERE provider = 'sweep'";
        let next: Option<i64> = sqlx::query_scalar(due)
            .fetch_optional(&self.pool)
            .in_time()
            .await?;
        let first = next.is_none();
        let next = next.map_or(0, unsigned);
        if next > now && next <= now + every_ms + CLOCKS_APART_MS {
            return Ok(None);
        }
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    let begun = sqlx::query(
                        "INSERT INTO pace (provider, next_at) VALUES ('sweep', $1)
                         ON CONFLICT (provider) DO UPDATE SET next_at = excluded.next_at WHERE pace.next_at = $2",
                    )
                    .bind(sql(now + every_ms))
                    .bind(sql(next))
                    .execute(db)
                    .await?;
                    let mine = begun.rows_affected() == 1 && !first;
                    Ok(mine.then(|| next.saturating_sub(every_ms)))
                })
            })
            .await
    }

    /// The next sweep comes at `at`, Unix ms, if it was to come later. It looks back as far as it would have, and some more.
    pub(crate) async fn sweep_by(&self, at: u64) -> Result<(), Error> {
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    sqlx::query(
                        "UPDATE pace SET next_at = $1 WHERE provider = 'sweep' AND next_at > $1",
                    )
                    .bind(sql(at))
                    .execute(db)
                    .await?;
                    Ok(())
                })
            })
            .await
    }

    /// Owes a look at every hold that was made before `old`, once a day for each. Answers how many.
    pub(crate) async fn look_at_old_holds(&self, old: u64, now: u64) -> Result<u64, Error> {
        const DAY_MS: u64 = 86_400_000;
        let rows = sqlx::query(
            "SELECT p.payment FROM payments p WHERE p.status = 'authorized' AND p.held_at < $1
               AND NOT EXISTS (SELECT 1 FROM outbox b WHERE b.payment = p.payment AND b.priority = $2 AND b.due_at > $3)
             LIMIT $4",
        )
        .bind(sql(old))
        .bind(DutyKind::Look.priority())
        .bind(sql(now.saturating_sub(DAY_MS)))
        .bind(MOST)
        .fetch_all(&self.pool)
        .in_time()
        .await?;
        for row in &rows {
            self.look_at(row.try_get("payment")?, now).await?;
        }
        Ok(rows.len() as u64)
    }
}
