//! Holds that are given up: of a ticket that left, of a card that another one replaced, of a sale that is over.
//!
//! A hold that stands is released. One that is still on its way is marked as unwanted, and is released in the
//! transaction that learns that it stands. One that nobody was asked for yet is over at once.

use super::{Ledger, outbox::DutyKind, sql};
use crate::Error;
use protocol::SaleId;
use protocol::digest::to_hex;
use protocol::ticket::Ticket;
use sqlx::AnyConnection;

/// Gives a hold up and owes its release; `false` when it does not stand, or there is an order.
pub(super) async fn void(db: &mut AnyConnection, payment: &str, now: u64) -> Result<bool, Error> {
    let voiding = sqlx::query(
        "UPDATE payments SET status = 'voiding', updated_at = $2
         WHERE payment = $1 AND status IN ('authorized', 'requires_action')",
    )
    .bind(payment)
    .bind(sql(now))
    .execute(&mut *db)
    .await?;
    if voiding.rows_affected() == 0 {
        return Ok(false);
    }
    super::outbox::owe(db, DutyKind::Void, payment, now).await?;
    Ok(true)
}

/// Gives a kept card up that no hold was asked for; `false` when one is being asked for by now.
pub(super) async fn give_up(
    db: &mut AnyConnection,
    payment: &str,
    now: u64,
) -> Result<bool, Error> {
    let voided = sqlx::query(
        "UPDATE payments SET status = 'voided', waits_rank = NULL, updated_at = $2
         WHERE payment = $1 AND status = 'processing' AND waits_rank IS NOT NULL",
    )
    .bind(payment)
    .bind(sql(now))
    .execute(db)
    .await?;
    Ok(voided.rows_affected() == 1)
}

/// Releases a hold that was given up while it was on its way, now that it stands.
pub(super) async fn release_unwanted(
    db: &mut AnyConnection,
    payment: &str,
    now: u64,
) -> Result<(), Error> {
    let unwanted: i64 = sqlx::query_scalar("SELECT unwanted FROM payments WHERE payment = $1")
        .bind(payment)
        .fetch_one(&mut *db)
        .await?;
    if unwanted != 0 {
        void(db, payment, now).await?;
    }
    Ok(())
}

impl Ledger {
    /// Owes the release of the hold of one ticket that gave its place back.
    pub(crate) async fn void_ticket(&self, ticket: Ticket, now: u64) -> Result<(), Error> {
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    let open: Vec<String> = sqlx::query_scalar(
                        "SELECT payment FROM payments
                         WHERE sale = $1 AND number = $2 AND shopper IN ($3, '')
                           AND status IN ('processing', 'authorized', 'requires_action')",
                    )
                    .bind(ticket.sale.as_str())
                    .bind(sql(ticket.number.0))
                    .bind(to_hex(&ticket.shopper))
                    .fetch_all(&mut *db)
                    .await?;
                    for payment in open {
                        if give_up(db, &payment, now).await? || void(db, &payment, now).await? {
                            continue;
                        }
                        sqlx::query(
                            "UPDATE payments SET unwanted = 1 WHERE payment = $1 AND status = 'processing'",
                        )
                        .bind(&payment)
                        .execute(&mut *db)
                        .await?;
                        // The answer may have come in between: it did not see that it is unwanted.
                        void(db, &payment, now).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Owes the release of every hold of a sale that nothing can be bought with any more.
    /// Answers how many.
    pub(crate) async fn void_losers(&self, sale: SaleId, now: u64) -> Result<u64, Error> {
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    let kept = sqlx::query(
                        "UPDATE payments SET status = 'voided', waits_rank = NULL, updated_at = $2
                         WHERE sale = $1 AND status = 'processing' AND waits_rank IS NOT NULL",
                    )
                    .bind(sale.as_str())
                    .bind(sql(now))
                    .execute(&mut *db)
                    .await?;
                    super::kept::forget_of_sale(db, &sale, now).await?;
                    let under_way = sqlx::query(
                        "UPDATE payments SET unwanted = 1 WHERE sale = $1 AND status = 'processing' AND unwanted = 0",
                    )
                    .bind(sale.as_str())
                    .execute(&mut *db)
                    .await?;
                    let voiding = sqlx::query(
                        "UPDATE payments SET status = 'voiding', updated_at = $2
                         WHERE sale = $1 AND status IN ('authorized', 'requires_action')",
                    )
                    .bind(sale.as_str())
                    .bind(sql(now))
                    .execute(&mut *db)
                    .await?;
                    // From what is voiding by now, and not from what could be: a claim may have come in between.
                    sqlx::query(
                        "INSERT INTO outbox (priority, payment, due_at)
                         SELECT $3, payment, $2 FROM payments WHERE sale = $1 AND status = 'voiding'
                         ON CONFLICT (payment, priority) DO NOTHING",
                    )
                    .bind(sale.as_str())
                    .bind(sql(now))
                    .bind(DutyKind::Void.priority())
                    .execute(db)
                    .await?;
                    let released = [kept, under_way, voiding].map(|it| it.rows_affected());
                    Ok(released.iter().sum())
                })
            })
            .await
    }
}
