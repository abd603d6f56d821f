//! A payment as it is kept.

use super::PaymentStatus;
use crate::ledger::unsigned;
use protocol::digest::to_hex;
use protocol::ticket::Shopper;
use protocol::wire::{Authorization, AuthorizationStatus};
use protocol::{Currency, Money, SaleId, TicketNumber};
use sqlx::{FromRow, Row as _, any::AnyRow};

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
    /// Where the shop reaches the shopper.
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
    pub(super) fn is_of(&self, shopper: &Shopper) -> bool {
        self.shopper.is_empty() || self.shopper == to_hex(shopper)
    }
}

impl From<PaymentRow> for Authorization {
    fn from(row: PaymentRow) -> Self {
        Self {
            status: match (row.status, &row.intent) {
                _ if row.waits => AuthorizationStatus::Saved,
                (PaymentStatus::Voided, None) => AuthorizationStatus::Unheld,
                (status, _) => status.shown(),
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
