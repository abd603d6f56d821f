//! Limits per buyer: the rows that prove that no email and no card has more units than its sale allows.
//!
//! Each unit of a buyer takes a slot, `nth`, from 0 up to the limit. The key `UNIQUE (sale, buyer, nth)` lets
//! every slot be taken once, so that two edges which claim at the same time can only go on to the next slot,
//! or find that there is none. A browser needs no slots: it has one ticket, and a ticket has one unit
//! (`units`, `UNIQUE (sale, buyer)`).

use super::{ClaimRefusal, unsigned};
use crate::Error;
use crate::seeded::{self, Bug};
use protocol::SaleId;
use sqlx::{AnyConnection, AssertSqlSafe};

/// Takes a free slot for each of the buyer's keys, all or none: the caller's transaction undoes the rest.
///
/// Nearly everybody buys for the first time, so the first slot of all keys is taken without looking; only a key
/// whose first slot is not free is looked at.
pub(super) async fn take_slots(
    db: &mut AnyConnection,
    sale: &SaleId,
    keys: &[String],
    order: &str,
) -> Result<(), Error> {
    if keys.is_empty() {
        return Ok(());
    }
    if seeded::has(Bug::BuyerTwice) {
        for key in keys {
            without_looking(db, sale, key, order).await?;
        }
        return Ok(());
    }
    let rows: Vec<String> = (0..keys.len())
        .map(|at| format!("($1, ${}, 0, $2)", at + 3))
        .collect();
    let insert = format!(
        "INSERT INTO buyer_keys (sale, buyer, nth, order_id) VALUES {}
         ON CONFLICT (sale, buyer, nth) DO NOTHING RETURNING buyer",
        rows.join(", ")
    );
    let first = sqlx::query_scalar(AssertSqlSafe(insert))
        .bind(sale.as_str())
        .bind(order);
    let taken: Vec<String> = keys
        .iter()
        .fold(first, |query, key| query.bind(key))
        .fetch_all(&mut *db)
        .await?;
    if taken.len() == keys.len() {
        return Ok(());
    }
    let limit: i64 = sqlx::query_scalar("SELECT limit_per_buyer FROM sales WHERE sale = $1")
        .bind(sale.as_str())
        .fetch_one(&mut *db)
        .await?;
    for key in keys.iter().filter(|key| !taken.contains(key)) {
        take_slot(db, sale, key, order, unsigned(limit)).await?;
    }
    Ok(())
}

async fn take_slot(
    db: &mut AnyConnection,
    sale: &SaleId,
    key: &str,
    order: &str,
    limit: u64,
) -> Result<(), Error> {
    // A slot that another edge takes in between costs one more round; there are no more rounds than slots.
    for _ in 0..=limit {
        let taken: Vec<i64> =
            sqlx::query_scalar("SELECT nth FROM buyer_keys WHERE sale = $1 AND buyer = $2")
                .bind(sale.as_str())
                .bind(key)
                .fetch_all(&mut *db)
                .await?;
        let Some(free) = (0..limit).find(|nth| !taken.iter().any(|it| unsigned(*it) == *nth))
        else {
            break;
        };
        let inserted = sqlx::query(
            "INSERT INTO buyer_keys (sale, buyer, nth, order_id) VALUES ($1, $2, $3, $4)
             ON CONFLICT (sale, buyer, nth) DO NOTHING",
        )
        .bind(sale.as_str())
        .bind(key)
        .bind(super::sql(free))
        .bind(order)
        .execute(&mut *db)
        .await?;
        if inserted.rows_affected() == 1 {
            return Ok(());
        }
    }
    Err(ClaimRefusal::BuyerTaken.into())
}

/// As it would be without the key that proves it.
async fn without_looking(
    db: &mut AnyConnection,
    sale: &SaleId,
    key: &str,
    order: &str,
) -> Result<(), Error> {
    sqlx::query("INSERT INTO buyer_keys (sale, buyer, nth, order_id) VALUES ($1, $2, 0, $3)")
        .bind(sale.as_str())
        .bind(key)
        .bind(order)
        .execute(db)
        .await?;
    Ok(())
}
