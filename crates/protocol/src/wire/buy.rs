//! From the hold on a card to an order.

use crate::ids::{SaleId, TicketNumber, UnitNo};
use crate::money::Money;
use crate::snapshot::Snapshot;
use serde::{Deserialize, Serialize};

/// `POST …/authorizations`: hold the price on this card, or look again at the hold that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AuthorizeRequest {
    /// The provider's name for the card; the card itself never comes here.
    pub payment_method: String,
    /// Where the shop reaches the shopper; the limit of the sale counts it.
    pub email: String,
}

/// How far the hold on a shopper's card is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AuthorizationStatus {
    /// On its way to the provider; look again.
    Processing,
    /// The bank wants to see the shopper (3-D Secure).
    RequiresAction,
    /// The price is held; nothing is taken.
    Authorized,
    /// The bank said no; another card may be tried.
    Declined,
    /// The hold is taken: the order is paid.
    Captured,
    /// The hold is being released.
    Voiding,
    /// The hold is released.
    Voided,
    /// The card was kept and is no longer; no hold was ever asked for.
    Unheld,
    /// The card is kept; the hold is asked for when the turn is near.
    Saved,
}

/// The hold on a shopper's card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Authorization {
    /// How far it is.
    pub status: AuthorizationStatus,
    /// How much.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub amount: Money,
    /// Where the shopper approves, when the bank wants to see them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action_url: Option<String>,
    /// Why the bank said no: the provider's decline code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decline_code: Option<String>,
    /// Brand of the card, such as `visa`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// Its last four digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last4: Option<String>,
    /// When the status was reached, Unix milliseconds.
    pub updated_at: u64,
}

/// `POST …/passes`: the right to buy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PassAnswer {
    /// Send it as the bearer token of the order.
    pub pass: String,
    /// Unix milliseconds.
    pub expires_at: u64,
}

/// How far an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// The unit is the shopper's for good; the payment is about to be taken.
    Claimed,
    /// The payment is being taken.
    Capturing,
    /// Paid.
    Captured,
    /// The bank refused at the last step; the unit went to the next in line.
    Failed,
    /// The money is on its way back.
    Refunding,
    /// The money went back.
    Refunded,
}

/// What a winner has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Order {
    /// Its name.
    pub order: String,
    /// The sale it is from.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub sale: SaleId,
    /// Which unit.
    #[cfg_attr(feature = "openapi", schema(value_type = u32))]
    pub unit: UnitNo,
    /// How far it is.
    pub status: OrderStatus,
    /// What it costs.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub amount: Money,
    /// Where the shop reaches the shopper; the limit of the sale counts it.
    pub email: String,
    /// Brand of the card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// Last four digits of the card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last4: Option<String>,
    /// When the claim became durable, Unix milliseconds.
    pub claimed_at: u64,
    /// When the payment was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captured_at: Option<u64>,
    /// With `failed`: until then another card may be tried, while units last. Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub another_card_until: Option<u64>,
}

/// `GET …/tickets/me`: everything one shopper has in a sale. A page that was reloaded starts from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Standing {
    /// Order of issue.
    #[cfg_attr(feature = "openapi", schema(value_type = u64))]
    pub number: TicketNumber,
    /// The shopper gave the place back.
    pub left: bool,
    /// The newest hold, if one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization: Option<Authorization>,
    /// The order, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// The sale at this moment.
    pub snapshot: Snapshot,
}
