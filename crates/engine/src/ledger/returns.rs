//! Units on their way back: a capture was refused for good, or all the money was given back, so the unit belongs to
//! the next in line. The row is written with the reason; whoever finds it brings the unit back to Redis, as often as it takes.

use super::patience::InTime as _;
use super::{Ledger, sql, unsigned};
use crate::Error;
use protocol::{SaleId, TicketNumber};
use sqlx::{AnyConnection, Row as _};

/// Most that are brought back at once.
const MOST: i64 = 100;

/// A unit that an order has lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Return {
    /// The order that failed, or was refunded.
    pub(crate) order: String,
    /// The ticket it was made for.
    pub(crate) number: TicketNumber,
}

/// The unit of this order has to go back.
async fn owe_return(db: &mut AnyConnection, order: &str) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO returns (order_id, sale, number)
         SELECT order_id, sale, number FROM orders WHERE order_id = $1
         ON CONFLICT (order_id) DO NOTHING",
    )
    .bind(order)
    .execute(db)
    .await?;
    Ok(())
}

/// The order loses its unit, its buyer's slots are free again, and the unit has to go back.
pub(super) async fn free_unit(db: &mut AnyConnection, order: &str) -> Result<(), Error> {
    for table in [
        "DELETE FROM units WHERE order_id = $1",
        "DELETE FROM buyer_keys WHERE order_id = $1",
    ] {
        sqlx::query(table).bind(order).execute(&mut *db).await?;
    }
    owe_return(db, order).await
}

impl Ledger {
    /// Units of this sale that have to go back to Redis.
    pub(crate) async fn returns(&self, sale: &SaleId) -> Result<Vec<Return>, Error> {
        let rows = sqlx::query(
            "SELECT order_id, number FROM returns WHERE sale = $1 AND done = 0 LIMIT $2",
        )
        .bind(sale.as_str())
        .bind(MOST)
        .fetch_all(&self.pool)
        .in_time()
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Return {
                    order: row.try_get("order_id")?,
                    number: TicketNumber(unsigned(row.try_get("number")?)),
                })
            })
            .collect()
    }

    /// Redis has the unit back, in this life; a rebuild that read the order before its failure may be laying a
    /// later one, in which the unit has to go back again.
    pub(crate) async fn finish_return(
        &self,
        sale: &SaleId,
        order: String,
        epoch: u64,
    ) -> Result<(), Error> {
        let sale = sale.clone();
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    sqlx::query(
                        "UPDATE returns SET done = 1 WHERE order_id = $1 AND EXISTS
                            (SELECT 1 FROM sales WHERE sale = $2 AND epoch = $3)",
                    )
                    .bind(order)
                    .bind(sale.as_str())
                    .bind(sql(epoch))
                    .execute(db)
                    .await?;
                    Ok(())
                })
            })
            .await
    }
}
