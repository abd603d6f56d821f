//! What each call means. An act reads the books and returns an outcome; it touches nothing itself.
//!
//! Called by the API's handlers through `Simulator::act`, under the books' lock.

pub(crate) mod challenge;
pub(crate) mod confirm;
pub(crate) mod create;
pub(crate) mod customers;
pub(crate) mod methods;
pub(crate) mod refunds;
pub(crate) mod settle;

use std::sync::Arc;

use crate::{
    api::refusal::Refusal,
    books::Memory,
    model::{Intent, PaymentMethod},
    outcome::{Change, Outcome, Reply},
    webhooks::{Event, Topic},
};

/// What an act may look at.
pub(crate) struct Desk<'a> {
    pub(crate) memory: &'a Memory,
    pub(crate) now: u64,
    /// Keys the cards' fingerprints.
    pub(crate) fingerprint_key: &'a str,
    /// How the caller reached us; the 3-D Secure page is there too.
    pub(crate) base_url: &'a str,
    /// How long a hold lasts, s.
    pub(crate) hold_s: u64,
    /// What a card can pay unless it has a limit of its own, minor units.
    pub(crate) card_limit: Option<u64>,
}

impl Desk<'_> {
    fn intent(&self, id: &str) -> Result<Arc<Intent>, Refusal> {
        self.memory
            .intent(id)
            .cloned()
            .ok_or_else(|| Refusal::not_found("payment_intent", id, "intent"))
    }
}

/// An intent being changed, with everything that has to be written beside it.
struct Draft {
    intent: Intent,
    change: Change,
    events: Vec<Event>,
}

impl Draft {
    fn of(intent: Intent) -> Self {
        Self {
            intent,
            change: Change::default(),
            events: Vec::new(),
        }
    }

    fn with_method(intent: Intent, saved: Option<PaymentMethod>) -> Self {
        let mut draft = Self::of(intent);
        draft.change.method = saved;
        draft
    }

    fn announce(&mut self, topic: Topic) {
        self.events.push(Event::new(topic, &self.intent));
    }

    fn done(self, refused: Option<Refusal>, expand: bool) -> Outcome {
        let reply = match refused {
            Some(refusal) => Reply::Refusal(refusal),
            None => Reply::Intent {
                id: self.intent.id.clone(),
                expand,
            },
        };
        Outcome {
            change: Change {
                intent: Some(self.intent),
                ..self.change
            },
            events: self.events,
            reply,
        }
    }
}
