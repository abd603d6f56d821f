//! Cards that the provider keeps for people whose turn is not near: for whom, and when they are forgotten.

use super::patience::InTime as _;
use super::{Ledger, outbox::DutyKind, sql};
use crate::Error;
use protocol::SaleId;
use sqlx::AnyConnection;

/// The turn has come before anybody began to keep the card: the hold is asked for at once.
pub(super) async fn need_not_keep(
    db: &mut AnyConnection,
    payment: &str,
    now: u64,
) -> Result<(), Error> {
    sqlx::query(
        "UPDATE outbox SET done_at = $3
         WHERE payment = $1 AND priority = $2 AND attempts = 0 AND done_at IS NULL",
    )
    .bind(payment)
    .bind(DutyKind::Keep.priority())
    .bind(sql(now))
    .execute(db)
    .await?;
    Ok(())
}

/// The sale is over: of the cards that no hold was asked for nothing is kept, nor begun to be.
pub(super) async fn forget_of_sale(
    db: &mut AnyConnection,
    sale: &SaleId,
    now: u64,
) -> Result<(), Error> {
    sqlx::query(
        "UPDATE outbox SET done_at = $3
         WHERE priority = $2 AND attempts = 0 AND done_at IS NULL
           AND payment IN (SELECT payment FROM payments WHERE sale = $1 AND status = 'voided')",
    )
    .bind(sale.as_str())
    .bind(DutyKind::Keep.priority())
    .bind(sql(now))
    .execute(&mut *db)
    .await?;
    sqlx::query(
        "INSERT INTO outbox (priority, payment, due_at)
         SELECT $2, payment, $3 FROM payments
         WHERE sale = $1 AND customer IS NOT NULL AND status = 'voided'
         ON CONFLICT (payment, priority) DO NOTHING",
    )
    .bind(sale.as_str())
    .bind(DutyKind::Forget.priority())
    .bind(sql(now))
    .execute(db)
    .await?;
    Ok(())
}

/// The payment has come to its end: its card is kept no longer.
pub(super) async fn forget(db: &mut AnyConnection, payment: &str, now: u64) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO outbox (priority, payment, due_at)
         SELECT $2, payment, $3 FROM payments WHERE payment = $1 AND customer IS NOT NULL
         ON CONFLICT (payment, priority) DO NOTHING",
    )
    .bind(payment)
    .bind(DutyKind::Forget.priority())
    .bind(sql(now))
    .execute(db)
    .await?;
    Ok(())
}

impl Ledger {
    /// Did anybody begin to keep this card? Then the provider may know it for a customer whom we do not know yet.
    pub(crate) async fn is_keeping_begun(&self, payment: &str) -> Result<bool, Error> {
        let begun: Option<i64> = sqlx::query_scalar(
            "SELECT 1 FROM outbox WHERE payment = $1 AND priority = $2 AND attempts > 0",
        )
        .bind(payment)
        .bind(DutyKind::Keep.priority())
        .fetch_optional(&self.pool)
        .in_time()
        .await?;
        Ok(begun.is_some())
    }

    /// Writes down for whom the provider keeps the card.
    pub(crate) async fn keep_customer(
        &self,
        payment: String,
        customer: String,
        now: u64,
    ) -> Result<(), Error> {
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    sqlx::query(
                        "UPDATE payments SET customer = $2, updated_at = CASE WHEN status = 'processing' THEN $3
                           ELSE updated_at END
                         WHERE payment = $1",
                    )
                    .bind(payment)
                    .bind(customer)
                    .bind(sql(now))
                    .execute(db)
                    .await?;
                    Ok(())
                })
            })
            .await
    }

    /// The provider has forgotten the card.
    pub(crate) async fn drop_customer(&self, payment: String) -> Result<(), Error> {
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    sqlx::query("UPDATE payments SET customer = NULL WHERE payment = $1")
                        .bind(payment)
                        .execute(db)
                        .await?;
                    Ok(())
                })
            })
            .await
    }

    /// Owes that every kept card is forgotten whose payment has come to its end.
    pub(crate) async fn forget_cards(&self, now: u64) -> Result<(), Error> {
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    sqlx::query(
                        "INSERT INTO outbox (priority, payment, due_at)
                         SELECT $1, payment, $2 FROM payments
                         WHERE customer IS NOT NULL AND status IN ('declined', 'captured', 'voided')
                         ON CONFLICT (payment, priority) DO NOTHING",
                    )
                    .bind(DutyKind::Forget.priority())
                    .bind(sql(now))
                    .execute(db)
                    .await?;
                    Ok(())
                })
            })
            .await
    }
}
