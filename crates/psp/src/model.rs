//! What the provider remembers: payment methods, intents with their latest charge, refunds.
//!
//! These are our own shapes, written to the journal as they are. Stripe's JSON is made from them by
//! `api::render`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{api::refusal::Refusal, cards::Card};

/// A saved card.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PaymentMethod {
    pub(crate) id: String,
    pub(crate) created: u64,
    pub(crate) card: Card,
    /// For whom it is kept.
    #[serde(default)]
    pub(crate) customer: Option<String>,
    /// It was kept once, and may not be used any more.
    #[serde(default)]
    pub(crate) detached: bool,
}

/// Somebody whose card is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Customer {
    pub(crate) id: String,
    pub(crate) created: u64,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) method: Option<String>,
    pub(crate) deleted: bool,
}

/// Where an intent stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    RequiresCapture,
    Succeeded,
    Canceled,
}

impl Status {
    /// Stripe's word for it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::RequiresAction => "requires_action",
            Self::RequiresCapture => "requires_capture",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }
}

/// One attempt to hold money.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Charge {
    pub(crate) id: String,
    pub(crate) created: u64,
    pub(crate) method: String,
    pub(crate) card: Card,
    /// False when the bank declined it.
    pub(crate) approved: bool,
    pub(crate) captured: u64,
    pub(crate) refunded: u64,
    /// When the bank gives an uncaptured hold back by itself, Unix s.
    #[serde(default)]
    pub(crate) capture_before: Option<u64>,
    /// The hold was given back without a capture.
    pub(crate) voided: bool,
}

/// What the shop wants to be paid, and how far it got.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Intent {
    pub(crate) id: String,
    pub(crate) client_secret: String,
    pub(crate) created: u64,
    pub(crate) amount: u64,
    pub(crate) currency: String,
    /// True for `capture_method=manual`: hold now, take later.
    pub(crate) manual: bool,
    pub(crate) status: Status,
    /// Whose kept card pays.
    #[serde(default)]
    pub(crate) customer: Option<String>,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) description: Option<String>,
    pub(crate) return_url: Option<String>,
    pub(crate) method: Option<String>,
    /// Where the shopper authenticates, while `requires_action`.
    pub(crate) challenge_url: Option<String>,
    pub(crate) charge: Option<Charge>,
    pub(crate) last_error: Option<Refusal>,
    pub(crate) canceled_at: Option<u64>,
    pub(crate) cancellation_reason: Option<String>,
}

impl Intent {
    /// What a capture could still take.
    pub(crate) fn capturable(&self) -> u64 {
        match self.status {
            Status::RequiresCapture => self.amount,
            _ => 0,
        }
    }

    /// What has been taken.
    pub(crate) fn received(&self) -> u64 {
        self.charge.as_ref().map_or(0, |charge| charge.captured)
    }

    /// The sale this intent is for, as the shop's metadata says.
    pub(crate) fn sale(&self) -> Option<&str> {
        self.metadata.get("sale").map(String::as_str)
    }
}

/// Money given back after a capture.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Refund {
    pub(crate) id: String,
    pub(crate) created: u64,
    pub(crate) amount: u64,
    pub(crate) currency: String,
    pub(crate) charge: String,
    pub(crate) intent: String,
    pub(crate) reason: Option<String>,
    pub(crate) metadata: BTreeMap<String, String>,
}
