//! The money journal: double entry, integer minor units. The lines of each entry sum to zero in its currency.
//!
//! | account | grows when |
//! |---|---|
//! | `provider_receivable` | the provider took money for us, and owes it |
//! | `sales` | (negative) a unit was paid |
//! | `refunds` | money of a sale went back |

use super::sql;
use crate::Error;
use sqlx::AnyConnection;

/// The price was taken.
pub(super) async fn keep_capture(
    db: &mut AnyConnection,
    payment: &str,
    now: u64,
) -> Result<(), Error> {
    let minor: i64 = sqlx::query_scalar("SELECT amount_minor FROM payments WHERE payment = $1")
        .bind(payment)
        .fetch_one(&mut *db)
        .await?;
    let lines = [("provider_receivable", minor), ("sales", -minor)];
    keep(db, payment, "capture", lines, now).await
}

/// The `nth` refund of a payment went back.
pub(super) async fn keep_refund(
    db: &mut AnyConnection,
    payment: &str,
    nth: i64,
    minor: i64,
    now: u64,
) -> Result<(), Error> {
    let lines = [("refunds", minor), ("provider_receivable", -minor)];
    keep(db, payment, &format!("refund:{nth}"), lines, now).await
}

async fn keep(
    db: &mut AnyConnection,
    payment: &str,
    entry: &str,
    lines: [(&str, i64); 2],
    now: u64,
) -> Result<(), Error> {
    for (account, minor) in lines {
        sqlx::query(
            "INSERT INTO journal (sale, payment, entry, account, minor, currency, at)
             SELECT sale, payment, $2, $3, $4, currency, $5 FROM payments WHERE payment = $1",
        )
        .bind(payment)
        .bind(entry)
        .bind(account)
        .bind(minor)
        .bind(sql(now))
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}
