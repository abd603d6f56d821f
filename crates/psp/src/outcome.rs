//! What an act returns: the change it wants written, the events it causes, the reply.
//!
//! Acts only build an [`Outcome`]; `simulator` makes it happen.

use serde::{Deserialize, Serialize};

use crate::{
    api::refusal::Refusal,
    bank::{Kind, Limit, Movement, Purse},
    model::{Customer, Intent, PaymentMethod, Refund},
    webhooks::Event,
};

/// What a caller is told, naming things by id so that the journal holds each thing once.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reply {
    Customer(String),
    Method(String),
    Intent { id: String, expand: bool },
    Refund(String),
    Refusal(Refusal),
}

/// The reply kept under an idempotency key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Noted {
    pub(crate) key: String,
    /// Digest of the call's path and parameters.
    pub(crate) print: String,
    pub(crate) reply: Reply,
}

/// One line of the journal: all that one call changed, so that a crash leaves all of it or nothing.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Change {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) customer: Option<Customer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) method: Option<PaymentMethod>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) intent: Option<Intent>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) refund: Option<Refund>,
    /// The clock was set ahead by so many seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ahead_s: Option<u64>,
    /// What a card can pay was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) limit: Option<Limit>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) moves: Vec<Movement>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) noted: Option<Noted>,
}

impl Change {
    /// Nothing to write down.
    pub(crate) fn is_empty(&self) -> bool {
        self.customer.is_none()
            && self.method.is_none()
            && self.intent.is_none()
            && self.refund.is_none()
            && self.ahead_s.is_none()
            && self.limit.is_none()
            && self.moves.is_empty()
            && self.noted.is_none()
    }

    /// Tells the bank about a movement of an intent's money.
    pub(crate) fn tell_bank(&mut self, at: u64, intent: &Intent, kind: Kind, amount: u64) {
        let purse = match (kind, &intent.charge) {
            (Kind::Hold, Some(charge)) => Some(Purse {
                card: charge.card.fingerprint.clone(),
                currency: intent.currency.clone(),
            }),
            _ => None,
        };
        let sale = match kind {
            Kind::Opened => intent.sale().map(str::to_owned),
            _ => None,
        };
        self.moves.push(Movement {
            at,
            intent: intent.id.clone(),
            sale,
            purse,
            kind,
            amount,
        });
    }
}

/// A change, its events and its reply.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) change: Change,
    pub(crate) events: Vec<Event>,
    pub(crate) reply: Reply,
}

impl Outcome {
    /// A refusal that is remembered under the call's key but changes nothing.
    pub(crate) fn refused(refusal: Refusal) -> Self {
        Self {
            change: Change::default(),
            events: Vec::new(),
            reply: Reply::Refusal(refusal),
        }
    }
}

/// What an act decides. An `Err` is a call that was never begun (a parameter is wrong, nothing has
/// that id): as at Stripe it is not remembered under the idempotency key.
pub(crate) type Verdict = Result<Outcome, Refusal>;
