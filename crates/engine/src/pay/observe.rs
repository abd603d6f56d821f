//! What the provider says of a payment moves it on, by compare-and-set: two observers do it once.

use super::gateway::{Intent, IntentState};
use crate::ledger::{Learned, PaymentStatus};
use crate::{Engine, Error};

/// Until there is an order or a void, an observation may move a payment.
const OPEN: &[PaymentStatus] = &[PaymentStatus::Processing, PaymentStatus::RequiresAction];
/// A bank lets go of a hold by itself after some days; then nothing can be bought with it.
const HELD: &[PaymentStatus] = &[
    PaymentStatus::Processing,
    PaymentStatus::RequiresAction,
    PaymentStatus::Authorized,
];

impl Engine {
    /// Keeps what the provider says of a payment that is being authorized.
    pub(super) async fn observe(&self, payment: &str, intent: Intent) -> Result<(), Error> {
        let mut learned = Learned {
            intent: Some(intent.id),
            ..Learned::default()
        };
        if let Some(card) = intent.card {
            learned.brand = Some(card.brand);
            learned.last4 = Some(card.last4);
            learned.card = Some(card.fingerprint);
        }
        let mut from = OPEN;
        let to = match intent.state {
            IntentState::Processing => return Ok(()),
            IntentState::RequiresAction(url) => {
                learned.action_url = Some(url);
                PaymentStatus::RequiresAction
            }
            IntentState::Authorized => PaymentStatus::Authorized,
            IntentState::Declined(code) => {
                learned.decline_code = Some(code);
                PaymentStatus::Declined
            }
            IntentState::Canceled => {
                from = HELD;
                PaymentStatus::Voided
            }
            // Nothing takes money before there is an order: the audit will say so.
            IntentState::Captured => return Ok(()),
        };
        let now = self.world.now();
        self.ledger
            .move_payment(payment.to_owned(), from, to, learned, now)
            .await?;
        self.0.waiters.moved(payment);
        Ok(())
    }
}
