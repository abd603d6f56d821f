//! Orders, as they are shown to whoever paid.

use super::patience::InTime as _;
use super::{Ledger, sql, unsigned};
use crate::Error;
use protocol::digest::to_hex;
use protocol::ticket::Shopper;
use protocol::wire::{Order, OrderStatus};
use protocol::{Currency, Money, SaleId, TicketNumber, UnitNo};
use sqlx::{AnyConnection, AssertSqlSafe, FromRow, Row as _, any::AnyRow};

/// After a refused capture another card is offered for so long, while units last, ms. Shorter than a pass.
const ANOTHER_CARD_MS: u64 = 60_000;

/// An order and the ticket it belongs to.
#[derive(Clone, Debug)]
pub struct OrderRow {
    /// The order as it is shown.
    pub order: Order,
    /// The ticket it belongs to.
    pub number: TicketNumber,
}

impl FromRow<'_, AnyRow> for OrderRow {
    fn from_row(row: &AnyRow) -> Result<Self, sqlx::Error> {
        let unreadable = |column: &str| sqlx::Error::Decode(format!("orders.{column}").into());
        let text = |column: &str| row.try_get::<String, _>(column);
        let status = match text("status")?.as_str() {
            "claimed" => OrderStatus::Claimed,
            "capturing" => OrderStatus::Capturing,
            "captured" => OrderStatus::Captured,
            "failed" => OrderStatus::Failed,
            "refunding" => OrderStatus::Refunding,
            "refunded" => OrderStatus::Refunded,
            _ => return Err(unreadable("status")),
        };
        let order = Order {
            order: text("order_id")?,
            sale: SaleId::parse(&text("sale")?).map_err(|_| unreadable("sale"))?,
            unit: UnitNo(
                u32::try_from(row.try_get::<i64, _>("unit")?).map_err(|_| unreadable("unit"))?,
            ),
            status,
            amount: Money {
                minor: row.try_get("amount_minor")?,
                currency: Currency::parse(&text("currency")?)
                    .map_err(|_| unreadable("currency"))?,
            },
            email: text("email")?,
            brand: row.try_get("brand")?,
            last4: row.try_get("last4")?,
            claimed_at: unsigned(row.try_get("claimed_at")?),
            captured_at: row.try_get::<Option<i64>, _>("captured_at")?.map(unsigned),
            another_card_until: match status {
                OrderStatus::Failed => Some(unsigned(row.try_get("updated_at")?) + ANOTHER_CARD_MS),
                _ => None,
            },
        };
        Ok(Self {
            order,
            number: TicketNumber(unsigned(row.try_get("number")?)),
        })
    }
}

const ORDERS: &str = "SELECT o.*, p.amount_minor, p.currency, p.email, p.brand, p.last4
    FROM orders o JOIN payments p ON p.payment = o.payment";

/// One order, whoever paid for it.
pub(super) async fn order(db: &mut AnyConnection, order: &str) -> Result<Option<OrderRow>, Error> {
    let query = sqlx::query_as(AssertSqlSafe(format!("{ORDERS} WHERE o.order_id = $1")));
    Ok(query.bind(order).fetch_optional(db).await?)
}

impl Ledger {
    /// One order, if this shopper paid for it.
    pub(crate) async fn order(
        &self,
        order: &str,
        shopper: &Shopper,
    ) -> Result<Option<OrderRow>, Error> {
        let query = sqlx::query_as(AssertSqlSafe(format!(
            "{ORDERS} WHERE o.order_id = $1 AND p.shopper IN ($2, '')"
        )));
        let query = query.bind(order).bind(to_hex(shopper));
        Ok(query.fetch_optional(&self.pool).in_time().await?)
    }

    /// The newest order of a ticket, if its shopper paid for it.
    pub(crate) async fn order_of(
        &self,
        sale: &SaleId,
        number: TicketNumber,
        shopper: &Shopper,
    ) -> Result<Option<OrderRow>, Error> {
        let query = sqlx::query_as(AssertSqlSafe(format!(
            "{ORDERS} WHERE o.sale = $1 AND o.number = $2 AND o.status <> 'abandoned' AND p.shopper IN ($3, '')
             ORDER BY o.claimed_at DESC LIMIT 1"
        )));
        let query = query
            .bind(sale.as_str())
            .bind(sql(number.0))
            .bind(to_hex(shopper));
        Ok(query.fetch_optional(&self.pool).in_time().await?)
    }
}
