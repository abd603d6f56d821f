//! Claims: the rows that say for good whose a unit is.

use super::orders::{OrderRow, order};
use super::patience::InTime as _;
use super::{Ledger, outbox::DutyKind, sql, unsigned};
use crate::Error;
use crate::seeded::{self, Bug};
use protocol::wire::{Order, OrderStatus};
use protocol::{Currency, Money, ProblemKind, SaleId, TicketNumber, UnitNo};
use sqlx::{AnyConnection, Row as _, any::AnyRow};

/// A reservation that asks to become final.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The order it becomes.
    pub order: String,
    /// The sale.
    pub sale: SaleId,
    /// The life of its Redis state in which it was reserved.
    pub epoch: u64,
    /// The ticket it was reserved for.
    pub number: TicketNumber,
    /// The unit that was set aside.
    pub unit: UnitNo,
    /// Who buys: the browser key first, then email and card; each one hash.
    pub buyers: Vec<String>,
    /// The payment whose hold pays for it.
    pub payment: String,
}

/// Why a reservation cannot become final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimRefusal {
    /// The unit has an owner: Redis forgot something.
    #[error("the unit has an owner")]
    UnitTaken,
    /// The buyer has a unit.
    #[error("the buyer has a unit")]
    BuyerTaken,
    /// The hold is gone, or was never there.
    #[error("no hold stands behind it")]
    NotAuthorized,
    /// The reservation was given back before.
    #[error("the reservation was given back")]
    Abandoned,
}

impl ClaimRefusal {
    /// The stable kind that a caller is told.
    pub fn kind(self) -> ProblemKind {
        match self {
            Self::UnitTaken => ProblemKind::Unavailable,
            Self::BuyerTaken => ProblemKind::LimitReached,
            Self::NotAuthorized => ProblemKind::AuthorizationRequired,
            Self::Abandoned => ProblemKind::PassExpired,
        }
    }
}

impl Ledger {
    /// Makes a reservation final: unit, buyer, order and the capture that is owed, in one transaction.
    /// The answer comes after it is durable. The same claim again is answered with the same order.
    pub(crate) async fn claim(&self, claim: Claim, now: u64) -> Result<OrderRow, Error> {
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    if let Some(row) = insert_claim(db, &claim, now).await? {
                        return Ok(row);
                    }
                    order(db, &claim.order)
                        .await?
                        .ok_or(Error::Corrupt("orders.payment"))
                })
            })
            .await
    }

    /// Gives an unclaimed reservation up for good. Answers `false` when its order holds the unit: claim and
    /// abandonment exclude each other, so only one of confirm and release can follow. An order that was
    /// claimed and has failed, or whose unit went back with the money, holds none.
    pub(crate) async fn abandon(
        &self,
        order: String,
        sale: SaleId,
        number: TicketNumber,
        now: u64,
    ) -> Result<bool, Error> {
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    sqlx::query(
                        "INSERT INTO orders (order_id, sale, number, status, updated_at)
                         VALUES ($1, $2, $3, 'abandoned', $4) ON CONFLICT (order_id) DO NOTHING",
                    )
                    .bind(&order)
                    .bind(sale.as_str())
                    .bind(sql(number.0))
                    .bind(sql(now))
                    .execute(&mut *db)
                    .await?;
                    let holds: Option<i64> = sqlx::query_scalar(
                        "SELECT 1 FROM orders o JOIN units u ON u.order_id = o.order_id WHERE o.order_id = $1",
                    )
                    .bind(&order)
                    .fetch_optional(db)
                    .await?;
                    Ok(holds.is_none())
                })
            })
            .await
    }

    /// Every claim that stands, for a rebuild.
    pub(crate) async fn claims(&self, sale: &SaleId) -> Result<Vec<Claim>, Error> {
        let rows = sqlx::query(
            "SELECT u.unit, u.order_id, u.buyer, o.number, o.payment, k.buyer AS other
             FROM units u JOIN orders o ON o.order_id = u.order_id
             LEFT JOIN buyer_keys k ON k.order_id = u.order_id
             WHERE u.sale = $1 ORDER BY u.unit",
        )
        .bind(sale.as_str())
        .fetch_all(&self.pool)
        .in_time()
        .await?;
        let mut claims: Vec<Claim> = Vec::new();
        // One row for each further buyer key of a unit, or one without any.
        for row in &rows {
            let unit: i64 = row.try_get("unit")?;
            let unit = UnitNo(u32::try_from(unit).map_err(|_| Error::Corrupt("units.unit"))?);
            if claims.last().is_none_or(|last| last.unit != unit) {
                claims.push(Claim {
                    order: row.try_get("order_id")?,
                    sale: sale.clone(),
                    epoch: 0,
                    number: TicketNumber(unsigned(row.try_get("number")?)),
                    unit,
                    buyers: vec![row.try_get("buyer")?],
                    payment: row.try_get("payment")?,
                });
            }
            if let (Some(claim), Some(other)) = (claims.last_mut(), row.try_get("other")?) {
                claim.buyers.push(other);
            }
        }
        Ok(claims)
    }
}

/// The order, or `None` when this very claim was made before.
async fn insert_claim(
    db: &mut AnyConnection,
    claim: &Claim,
    now: u64,
) -> Result<Option<OrderRow>, Error> {
    let held = sqlx::query(
        "UPDATE payments SET status = 'capturing', updated_at = $2 WHERE payment = $1 AND status = 'authorized'
         RETURNING amount_minor, currency, email, brand, last4",
    )
    .bind(&claim.payment)
    .bind(sql(now))
    .fetch_optional(&mut *db)
    .await?;
    let Some(held) = held else {
        // Perhaps by this very claim, which this edge or another made before.
        let known: Option<String> =
            sqlx::query_scalar("SELECT status FROM orders WHERE order_id = $1")
                .bind(&claim.order)
                .fetch_optional(db)
                .await?;
        return match known.as_deref() {
            None => Err(ClaimRefusal::NotAuthorized.into()),
            Some("abandoned") => Err(ClaimRefusal::Abandoned.into()),
            Some(_) => Ok(None),
        };
    };
    let ordered = sqlx::query(
        "INSERT INTO orders (order_id, sale, number, status, unit, payment, claimed_at, updated_at)
         VALUES ($1, $2, $3, 'claimed', $4, $5, $6, $6) ON CONFLICT (order_id) DO NOTHING",
    )
    .bind(&claim.order)
    .bind(claim.sale.as_str())
    .bind(sql(claim.number.0))
    .bind(i64::from(claim.unit.0))
    .bind(&claim.payment)
    .bind(sql(now))
    .execute(&mut *db)
    .await?;
    if ordered.rows_affected() == 0 {
        // The hold was free until now, so it is no earlier claim.
        return Err(ClaimRefusal::Abandoned.into());
    }

    let (browser, others) = claim
        .buyers
        .split_first()
        .ok_or(Error::Corrupt("claim without a buyer"))?;
    insert_unit(db, claim, browser).await?;
    super::limits::take_slots(db, &claim.sale, others, &claim.order).await?;
    super::outbox::owe(db, DutyKind::Capture, &claim.payment, now).await?;
    claimed(claim, &held, now).map(Some)
}

/// The unit of a sale that is still in the life in which it was reserved: a rebuild that has ended that life has read
/// the claims that stand, and lays the unit as free.
async fn insert_unit(db: &mut AnyConnection, claim: &Claim, browser: &str) -> Result<(), Error> {
    // A unit beyond the last is nobody's to give, whatever Redis counts.
    let beyond = i64::from(seeded::has(Bug::UnitUnchecked));
    // Nobody begins another life before this transaction has ended (`line::live`, in the same step).
    let insert = match db.backend_name() {
        "SQLite" => {
            "INSERT INTO units (sale, unit, buyer, order_id)
             SELECT sale, $2, $3, $4 FROM sales WHERE sale = $1 AND units + $5 > $2 AND epoch = $6"
        }
        _ => {
            "INSERT INTO units (sale, unit, buyer, order_id)
             SELECT sale, $2, $3, $4 FROM sales WHERE sale = $1 AND units + $5 > $2 AND epoch = $6
             FOR NO KEY UPDATE"
        }
    };
    let inserted = sqlx::query(insert)
        .bind(claim.sale.as_str())
        .bind(i64::from(claim.unit.0))
        .bind(browser)
        .bind(&claim.order)
        .bind(beyond)
        .bind(sql(claim.epoch))
        .execute(&mut *db)
        .await
        .map_err(taken)?;
    if inserted.rows_affected() == 0 {
        super::line::live(db, &claim.sale, claim.epoch).await?;
        return Err(ClaimRefusal::UnitTaken.into());
    }
    Ok(())
}

/// The order that a claim has become, paid for by the hold in this row.
fn claimed(claim: &Claim, held: &AnyRow, now: u64) -> Result<OrderRow, Error> {
    let currency: String = held.try_get("currency")?;
    Ok(OrderRow {
        order: Order {
            order: claim.order.clone(),
            sale: claim.sale.clone(),
            unit: claim.unit,
            status: OrderStatus::Claimed,
            amount: Money {
                minor: held.try_get("amount_minor")?,
                currency: Currency::parse(&currency)
                    .map_err(|_| Error::Corrupt("payments.currency"))?,
            },
            email: held.try_get("email")?,
            brand: held.try_get("brand")?,
            last4: held.try_get("last4")?,
            claimed_at: now,
            captured_at: None,
            another_card_until: None,
        },
        number: claim.number,
    })
}

/// Which of the two promises a row would have broken.
fn taken(error: sqlx::Error) -> Error {
    match error.as_database_error() {
        Some(db) if db.is_unique_violation() => {
            // Postgres names the constraint, SQLite the columns.
            let unit = db.constraint() == Some("units_sale_unit_key")
                || db.message().contains("units.unit");
            if unit {
                ClaimRefusal::UnitTaken.into()
            } else {
                ClaimRefusal::BuyerTaken.into()
            }
        }
        _ => error.into(),
    }
}
