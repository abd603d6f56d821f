//! Payments: one row for each hold that a shopper asked for, moved only by compare-and-set.

use super::patience::InTime as _;
use super::release::{give_up, release_unwanted, void};
use super::{Ledger, outbox::DutyKind, sql, unsigned};
use crate::Error;
use protocol::digest::to_hex;
use protocol::ticket::Shopper;
use protocol::wire::{Authorization, AuthorizationStatus};
use protocol::{Currency, Money, Rank, SaleId, TicketNumber};
use sqlx::{FromRow, Row as _, any::AnyRow};

/// How far a payment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentStatus {
    /// Written down; the provider's answer is not known yet.
    Processing,
    /// The bank wants to see the shopper.
    RequiresAction,
    /// The money is held.
    Authorized,
    /// The bank said no, to the hold or at last to its capture.
    Declined,
    /// There is an order; the money is being taken.
    Capturing,
    /// The money is taken.
    Captured,
    /// There will be no order; the hold is being released.
    Voiding,
    /// The hold is released.
    Voided,
}

/// The most cards one ticket may try.
const MAX_ATTEMPTS: u64 = 10;

/// One payment.
#[derive(Clone, Debug)]
pub struct PaymentRow {
    /// Our name for it.
    pub payment: String,
    /// The sale it pays in.
    pub sale: SaleId,
    /// The ticket it pays for.
    pub number: TicketNumber,
    /// Whose ticket that is, in hexadecimal; empty in rows of an older version.
    pub shopper: String,
    /// 1 for the first card, 2 for the next.
    pub attempt: u64,
    /// How far it is.
    pub status: PaymentStatus,
    /// The provider's name for the card.
    pub payment_method: String,
    /// Where the receipt goes.
    pub email: String,
    /// How much.
    pub amount: Money,
    /// The provider's name for the payment, once known.
    pub intent: Option<String>,
    /// Where the shopper approves it.
    pub action_url: Option<String>,
    /// Why it was declined.
    pub decline_code: Option<String>,
    /// Brand of the card.
    pub brand: Option<String>,
    /// Last four digits.
    pub last4: Option<String>,
    /// The provider's fingerprint of the card.
    pub card: Option<String>,
    /// When the status was reached, Unix ms.
    pub updated_at: u64,
    /// The card is kept; a hold is asked for when the turn is near.
    pub waits: bool,
    /// Nobody wants it any more: once it stands it is released.
    pub unwanted: bool,
    /// For whom the provider keeps the card, while it does.
    pub customer: Option<String>,
}

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
            Self::AtRank(None) => Some(super::waves::NOT_DRAWN),
            Self::AtRank(Some(rank)) => Some(sql(rank.0)),
        }
    }
}

/// What the provider said, to be kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Learned {
    pub(crate) intent: Option<String>,
    pub(crate) action_url: Option<String>,
    pub(crate) decline_code: Option<String>,
    pub(crate) brand: Option<String>,
    pub(crate) last4: Option<String>,
    pub(crate) card: Option<String>,
}

const NAMES: [(PaymentStatus, &str); 8] = [
    (PaymentStatus::Processing, "processing"),
    (PaymentStatus::RequiresAction, "requires_action"),
    (PaymentStatus::Authorized, "authorized"),
    (PaymentStatus::Declined, "declined"),
    (PaymentStatus::Capturing, "capturing"),
    (PaymentStatus::Captured, "captured"),
    (PaymentStatus::Voiding, "voiding"),
    (PaymentStatus::Voided, "voided"),
];

impl PaymentStatus {
    fn name(self) -> &'static str {
        NAMES[self as usize].1
    }

    fn parse(text: &str) -> Option<Self> {
        NAMES
            .into_iter()
            .find(|(_, name)| *name == text)
            .map(|(status, _)| status)
    }

    /// What the shopper is told: a hold stands until its money is taken.
    fn shown(self) -> AuthorizationStatus {
        match self {
            Self::Processing => AuthorizationStatus::Processing,
            Self::RequiresAction => AuthorizationStatus::RequiresAction,
            Self::Authorized | Self::Capturing => AuthorizationStatus::Authorized,
            Self::Declined => AuthorizationStatus::Declined,
            Self::Captured => AuthorizationStatus::Captured,
            Self::Voiding => AuthorizationStatus::Voiding,
            Self::Voided => AuthorizationStatus::Voided,
        }
    }
}

impl FromRow<'_, AnyRow> for PaymentRow {
    fn from_row(row: &AnyRow) -> Result<Self, sqlx::Error> {
        let unreadable = |column: &str| sqlx::Error::Decode(format!("payments.{column}").into());
        let text = |column: &str| row.try_get::<String, _>(column);
        Ok(Self {
            payment: text("payment")?,
            sale: SaleId::parse(&text("sale")?).map_err(|_| unreadable("sale"))?,
            number: TicketNumber(unsigned(row.try_get("number")?)),
            shopper: text("shopper")?,
            attempt: unsigned(row.try_get("attempt")?),
            status: PaymentStatus::parse(&text("status")?).ok_or_else(|| unreadable("status"))?,
            payment_method: text("payment_method")?,
            email: text("email")?,
            amount: Money {
                minor: row.try_get("amount_minor")?,
                currency: Currency::parse(&text("currency")?)
                    .map_err(|_| unreadable("currency"))?,
            },
            intent: row.try_get("intent")?,
            action_url: row.try_get("action_url")?,
            decline_code: row.try_get("decline_code")?,
            brand: row.try_get("brand")?,
            last4: row.try_get("last4")?,
            card: row.try_get("card")?,
            updated_at: unsigned(row.try_get("updated_at")?),
            waits: row.try_get::<Option<i64>, _>("waits_rank")?.is_some(),
            unwanted: row.try_get::<i64, _>("unwanted")? != 0,
            customer: row.try_get("customer")?,
        })
    }
}

impl PaymentRow {
    /// Did this shopper ask for it?
    fn is_of(&self, shopper: &Shopper) -> bool {
        self.shopper.is_empty() || self.shopper == to_hex(shopper)
    }
}

impl From<PaymentRow> for Authorization {
    fn from(row: PaymentRow) -> Self {
        Self {
            status: match row.waits {
                true => AuthorizationStatus::Saved,
                false => row.status.shown(),
            },
            amount: row.amount,
            action_url: row.action_url,
            decline_code: row.decline_code,
            brand: row.brand,
            last4: row.last4,
            updated_at: row.updated_at,
        }
    }
}

const NEWEST: &str =
    "SELECT * FROM payments WHERE sale = $1 AND number = $2 ORDER BY attempt DESC LIMIT 1";

impl Ledger {
    /// The newest payment of a ticket, if it is this shopper's.
    pub async fn newest_payment(
        &self,
        sale: &SaleId,
        number: TicketNumber,
        shopper: &Shopper,
    ) -> Result<Option<PaymentRow>, Error> {
        let row: Option<PaymentRow> = sqlx::query_as(NEWEST)
            .bind(sale.as_str())
            .bind(sql(number.0))
            .fetch_optional(&self.pool)
            .in_time()
            .await?;
        Ok(row.filter(|row| row.is_of(shopper)))
    }

    /// One payment by our name for it.
    pub async fn payment(&self, payment: &str) -> Result<Option<PaymentRow>, Error> {
        let row = sqlx::query_as("SELECT * FROM payments WHERE payment = $1")
            .bind(payment)
            .fetch_optional(&self.pool)
            .in_time()
            .await?;
        Ok(row)
    }

    /// One payment by the provider's name for it.
    pub async fn payment_by_intent(&self, intent: &str) -> Result<Option<PaymentRow>, Error> {
        let row = sqlx::query_as("SELECT * FROM payments WHERE intent = $1")
            .bind(intent)
            .fetch_optional(&self.pool)
            .in_time()
            .await?;
        Ok(row)
    }

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
                    let Intention { sale, number, shopper, payment_method, email, amount, when } = intention;
                    loop {
                        let newest: Option<PaymentRow> = sqlx::query_as(NEWEST)
                            .bind(sale.as_str())
                            .bind(sql(number.0))
                            .fetch_optional(&mut *db)
                            .await?;
                        let mut attempt = 1;
                        if let Some(row) = newest {
                            if !row.is_of(&shopper) {
                                return Err(Error::TicketInvalid);
                            }
                            match row.status {
                                // The same card asked again gets the same answer: whoever looks after the
                                // bank said no must not start a second attempt.
                                PaymentStatus::Declined if row.payment_method == payment_method => return Ok(row),
                                PaymentStatus::Declined | PaymentStatus::Voiding | PaymentStatus::Voided => {}
                                // Nobody was asked for it yet: another card takes its place.
                                PaymentStatus::Processing if row.waits && row.payment_method != payment_method => {
                                    if !give_up(db, &row.payment, now).await? {
                                        continue;
                                    }
                                }
                                PaymentStatus::RequiresAction
                                    if row.payment_method != payment_method =>
                                {
                                    if !void(db, &row.payment, now).await? {
                                        continue;
                                    }
                                }
                                _ => return Ok(row),
                            }
                            attempt = row.attempt + 1;
                        }
                        if attempt > MAX_ATTEMPTS {
                            return Err(Error::Unprocessable("too many cards were tried"));
                        }
                        let payment = format!("{sale}:{number}:{attempt}");
                        let inserted = sqlx::query(
                            "INSERT INTO payments (payment, sale, number, attempt, status, payment_method, email,
                                                   amount_minor, currency, created_at, updated_at, shopper, waits_rank)
                             VALUES ($1, $2, $3, $4, 'processing', $5, $6, $7, $8, $9, $9, $10, $11)
                             ON CONFLICT DO NOTHING",
                        )
                        .bind(&payment)
                        .bind(sale.as_str())
                        .bind(sql(number.0))
                        .bind(sql(attempt))
                        .bind(&payment_method)
                        .bind(&email)
                        .bind(amount.minor)
                        .bind(amount.currency.as_str())
                        .bind(sql(now))
                        .bind(to_hex(&shopper))
                        .bind(when.waits_rank())
                        .execute(&mut *db)
                        .await?;
                        if inserted.rows_affected() == 0 {
                            // Another edge began this attempt at the same moment, and has committed it by now.
                            continue;
                        }
                        let first = match when {
                            When::Now => DutyKind::Authorize,
                            When::AtRank(_) => DutyKind::Keep,
                        };
                        super::outbox::owe(db, first, &payment, now).await?;
                        let row = sqlx::query_as("SELECT * FROM payments WHERE payment = $1")
                            .bind(&payment)
                            .fetch_one(db)
                            .await?;
                        return Ok(row);
                    }
                })
            })
            .await
    }

    /// Moves a payment on if it still is where the caller thinks, and keeps what was learned.
    /// Answers whether it moved.
    pub(crate) async fn move_payment(
        &self,
        payment: String,
        from: &'static [PaymentStatus],
        to: PaymentStatus,
        learned: Learned,
        now: u64,
    ) -> Result<bool, Error> {
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    loop {
                        let current: Option<String> =
                            sqlx::query_scalar("SELECT status FROM payments WHERE payment = $1")
                                .bind(&payment)
                                .fetch_optional(&mut *db)
                                .await?;
                        let Some(current) = current
                            .filter(|name| from.iter().any(|status| status.name() == name))
                        else {
                            return Ok(false);
                        };
                        let moved = sqlx::query(
                            "UPDATE payments SET status = $2, updated_at = $3, action_url = $4, decline_code = $5,
                                    waits_rank = NULL, intent = COALESCE($6, intent), brand = COALESCE($7, brand),
                                    last4 = COALESCE($8, last4), card = COALESCE($9, card),
                                    held_at = CASE WHEN $2 = 'authorized' THEN $3 ELSE held_at END
                             WHERE payment = $1 AND status = $10",
                        )
                        .bind(&payment)
                        .bind(to.name())
                        .bind(sql(now))
                        .bind(&learned.action_url)
                        .bind(&learned.decline_code)
                        .bind(&learned.intent)
                        .bind(&learned.brand)
                        .bind(&learned.last4)
                        .bind(&learned.card)
                        .bind(current)
                        .execute(&mut *db)
                        .await?;
                        if moved.rows_affected() == 1 {
                            release_unwanted(db, &payment, now).await?;
                            if matches!(to, PaymentStatus::Declined | PaymentStatus::Voided) {
                                super::kept::forget(db, &payment, now).await?;
                            }
                            return Ok(true);
                        }
                        // Another edge moved it since it was read: look again.
                    }
                })
            })
            .await
    }

    /// Owes a question where a payment stands, unless it is known for good.
    pub(crate) async fn look_at(&self, payment: String, now: u64) -> Result<(), Error> {
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    super::outbox::owe_once_more(db, DutyKind::Look, &payment, now).await
                })
            })
            .await
    }
}
