//! What the provider says of a payment moves it on, by compare-and-set: two observers do it once.

use super::gateway::{Intent, IntentState};
use crate::ledger::{Learned, PaymentRow, PaymentStatus};
use crate::{Engine, Error};

/// Until there is an order or a void, an observation may move a payment.
const OPEN: &[PaymentStatus] = &[PaymentStatus::Processing, PaymentStatus::RequiresAction];

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
            IntentState::Canceled => PaymentStatus::Voided,
            // Nothing takes money before there is an order: the audit will say so.
            IntentState::Captured => return Ok(()),
        };
        let now = self.world.now();
        self.ledger
            .move_payment(payment.to_owned(), OPEN, to, learned, now)
            .await?;
        self.0.waiters.moved(payment);
        Ok(())
    }

    /// Asks the provider where a payment stands, and keeps it. Without an answer nothing changes.
    pub(super) async fn look_again(&self, row: &PaymentRow) -> Result<(), Error> {
        let Some(intent) = &row.intent else {
            return Ok(());
        };
        let intent = self.gateway.get(intent).await?;
        self.observe(&row.payment, intent).await
    }
}
