//! A hold is written down before the provider is asked for it.

use super::{BY_NAME, NEWEST, PaymentRow, PaymentStatus};
use crate::Error;
use crate::ledger::release::{give_up, void};
use crate::ledger::{Ledger, outbox, outbox::DutyKind, sql, waves};
use protocol::digest::to_hex;
use protocol::ticket::Shopper;
use protocol::{Money, Rank, SaleId, TicketNumber};
use sqlx::AnyConnection;

/// The most cards one ticket may try.
const MAX_ATTEMPTS: u64 = 10;

/// A hold that a shopper asks for.
#[derive(Clone, Debug)]
pub(crate) struct Intention {
    pub(crate) sale: SaleId,
    pub(crate) number: TicketNumber,
    pub(crate) shopper: Shopper,
    pub(crate) payment_method: String,
    pub(crate) email: String,
    pub(crate) amount: Money,
    pub(crate) when: When,
}

/// When the provider is asked for a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// Now.
    Now,
    /// When the turn of this rank is near; `None` before the draw.
    AtRank(Option<Rank>),
}

impl When {
    /// As in `payments.waits_rank`.
    fn waits_rank(self) -> Option<i64> {
        match self {
            Self::Now => None,
            Self::AtRank(None) => Some(waves::NOT_DRAWN),
            Self::AtRank(Some(rank)) => Some(sql(rank.0)),
        }
    }
}

impl Ledger {
    /// Writes the intent to hold money, before anyone is asked, and owes the call to the provider.
    ///
    /// A ticket has one hold at a time: while one stands, or is on its way, that one is answered. A card
    /// that waits for its owner's approval is given up when another card comes; a hold that was released
    /// may be followed by another one.
    pub(crate) async fn intend_payment(
        &self,
        intention: Intention,
        now: u64,
    ) -> Result<PaymentRow, Error> {
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    loop {
                        if let Some(row) = intend(db, &intention, now).await? {
                            return Ok(row);
                        }
                    }
                })
            })
            .await
    }
}

/// The hold of this ticket, an earlier one or a new one. `None`: another edge moved in between, and has committed it by
/// now, so look again.
async fn intend(
    db: &mut AnyConnection,
    intention: &Intention,
    now: u64,
) -> Result<Option<PaymentRow>, Error> {
    let newest: Option<PaymentRow> = sqlx::query_as(NEWEST)
        .bind(intention.sale.as_str())
        .bind(sql(intention.number.0))
        .fetch_optional(&mut *db)
        .await?;
    let mut attempt = 1;
    if let Some(row) = newest {
        if !row.is_of(&intention.shopper) {
            return Err(Error::TicketInvalid);
        }
        let another_card = row.payment_method != intention.payment_method;
        let makes_way = match row.status {
            // The same card asked again gets the same answer: whoever looks after the bank said no must
            // not start a second attempt.
            PaymentStatus::Declined => another_card,
            PaymentStatus::Voiding | PaymentStatus::Voided => true,
            // Nobody was asked for it yet.
            PaymentStatus::Processing if row.waits && another_card => {
                if !give_up(db, &row.payment, now).await? {
                    return Ok(None);
                }
                true
            }
            PaymentStatus::RequiresAction if another_card => {
                if !void(db, &row.payment, now).await? {
                    return Ok(None);
                }
                true
            }
            _ => false,
        };
        if !makes_way {
            return Ok(Some(row));
        }
        attempt = row.attempt + 1;
    }
    if attempt > MAX_ATTEMPTS {
        return Err(Error::Unprocessable("too many cards were tried"));
    }
    begin(db, intention, attempt, now).await
}

/// Begins an attempt; `None` when another edge began the same one at the same moment.
async fn begin(
    db: &mut AnyConnection,
    intention: &Intention,
    attempt: u64,
    now: u64,
) -> Result<Option<PaymentRow>, Error> {
    let payment = format!("{}:{}:{attempt}", intention.sale, intention.number);
    let inserted = sqlx::query(
        "INSERT INTO payments (payment, sale, number, attempt, status, payment_method, email,
                               amount_minor, currency, created_at, updated_at, shopper, waits_rank)
         VALUES ($1, $2, $3, $4, 'processing', $5, $6, $7, $8, $9, $9, $10, $11)
         ON CONFLICT DO NOTHING",
    )
    .bind(&payment)
    .bind(intention.sale.as_str())
    .bind(sql(intention.number.0))
    .bind(sql(attempt))
    .bind(&intention.payment_method)
    .bind(&intention.email)
    .bind(intention.amount.minor)
    .bind(intention.amount.currency.as_str())
    .bind(sql(now))
    .bind(to_hex(&intention.shopper))
    .bind(intention.when.waits_rank())
    .execute(&mut *db)
    .await?;
    if inserted.rows_affected() == 0 {
        return Ok(None);
    }
    let first = match intention.when {
        When::Now => DutyKind::Authorize,
        When::AtRank(_) => DutyKind::Keep,
    };
    outbox::owe(db, first, &payment, now).await?;
    let row = sqlx::query_as(BY_NAME).bind(&payment).fetch_one(db).await?;
    Ok(Some(row))
}
