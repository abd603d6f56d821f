//! Cards that are kept until their turn is near: which of them the provider is asked for next.

use super::patience::InTime as _;
use super::{Ledger, outbox::DutyKind, sql, unsigned};
use crate::Error;
use protocol::{Rank, SaleId, TicketNumber};
use sqlx::Row as _;

/// In `payments.waits_rank` until the draw is made.
pub(super) const NOT_DRAWN: i64 = -1;
/// Most rows that get their rank at once.
const MOST: i64 = 1000;

impl Ledger {
    /// Gives the kept cards of a sale their ranks, some of them at a time; `true` when there may be more.
    pub(crate) async fn rank_waiting(
        &self,
        sale: &SaleId,
        rank_of: impl Fn(TicketNumber) -> Rank,
    ) -> Result<bool, Error> {
        let rows = sqlx::query(
            "SELECT payment, number FROM payments WHERE sale = $1 AND waits_rank = $2 LIMIT $3",
        )
        .bind(sale.as_str())
        .bind(NOT_DRAWN)
        .bind(MOST)
        .fetch_all(&self.pool)
        .in_time()
        .await?;
        let mut ranks: Vec<(String, i64)> = Vec::with_capacity(rows.len());
        for row in &rows {
            let number = TicketNumber(unsigned(row.try_get("number")?));
            ranks.push((row.try_get("payment")?, sql(rank_of(number).0)));
        }
        let more = ranks.len() as i64 == MOST;
        if ranks.is_empty() {
            return Ok(false);
        }
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    for (payment, rank) in ranks {
                        sqlx::query("UPDATE payments SET waits_rank = $2 WHERE payment = $1 AND waits_rank = $3")
                            .bind(payment)
                            .bind(rank)
                            .bind(NOT_DRAWN)
                            .execute(&mut *db)
                            .await?;
                    }
                    Ok(more)
                })
            })
            .await
    }

    /// Owes the holds of everybody whose rank is below `horizon`. Answers how many.
    pub(crate) async fn owe_wave(
        &self,
        sale: &SaleId,
        horizon: u64,
        now: u64,
    ) -> Result<u64, Error> {
        // Mostly nobody is new below the horizon: then the writer need not hear of it.
        let next: Option<i64> = sqlx::query_scalar(
            "SELECT 1 FROM payments WHERE sale = $1 AND waits_rank >= 0 AND waits_rank < $2 LIMIT 1",
        )
        .bind(sale.as_str())
        .bind(sql(horizon))
        .fetch_optional(&self.pool)
        .in_time()
        .await?;
        if next.is_none() {
            return Ok(0);
        }
        let sale = sale.clone();
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    // In the order of the line, and only what this statement took: another edge may owe the others.
                    let taken: Vec<String> = sqlx::query_scalar(
                        "UPDATE payments SET waits_rank = NULL
                         WHERE sale = $1 AND waits_rank >= 0 AND waits_rank < $2 AND status = 'processing'
                         RETURNING payment",
                    )
                    .bind(sale.as_str())
                    .bind(sql(horizon))
                    .fetch_all(&mut *db)
                    .await?;
                    for payment in &taken {
                        super::kept::need_not_keep(db, payment, now).await?;
                        super::outbox::owe(db, DutyKind::Authorize, payment, now).await?;
                    }
                    Ok(taken.len() as u64)
                })
            })
            .await
    }
}
