//! Payments: one row for each hold that a shopper asked for, moved only by compare-and-set.
//!
//! [`row`] is one as it is kept, [`intend`] begins it; here it is found and moved on.

mod intend;
mod row;

pub(crate) use intend::{Intention, When};
pub use row::PaymentRow;

use super::patience::InTime as _;
use super::release::release_unwanted;
use super::{Ledger, outbox::DutyKind, sql};
use crate::Error;
use protocol::ticket::Shopper;
use protocol::wire::AuthorizationStatus;
use protocol::{SaleId, TicketNumber};

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

const NEWEST: &str =
    "SELECT * FROM payments WHERE sale = $1 AND number = $2 ORDER BY attempt DESC LIMIT 1";
const BY_NAME: &str = "SELECT * FROM payments WHERE payment = $1";

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
        let row = sqlx::query_as(BY_NAME)
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
