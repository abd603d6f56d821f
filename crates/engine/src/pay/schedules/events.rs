//! The provider's events, as they come or do not come, and some that nobody sent.

use super::case::Case;
use super::insist::surely;
use super::town::WEBHOOK_SECRET;
use crate::Error;
use hmac::{Hmac, KeyInit as _, Mac as _};
use protocol::digest::to_hex;
use rand::RngExt as _;
use rand::seq::SliceRandom as _;
use sha2::Sha256;

/// What becomes of the provider's events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Events {
    /// Some arrive, some twice.
    Some,
    /// None arrives.
    Lost,
    /// All arrive five times, in any order, among others that are not true.
    FiveTimesShuffled,
}

const KINDS: [&str; 5] = [
    "created",
    "requires_action",
    "amount_capturable_updated",
    "succeeded",
    "canceled",
];

impl Case<'_> {
    /// The provider's events of everything there is, and some that lie.
    pub(super) async fn tell_events(&mut self) {
        let entries = surely(async || self.ledger().payment_entries(&self.sale).await).await;
        let mut told = Vec::new();
        for intent in entries.into_iter().filter_map(|payment| payment.intent) {
            told.extend(KINDS.map(|kind| (intent.clone(), kind)));
        }
        match self.events {
            Events::Lost => told.clear(),
            Events::Some => told.retain(|_| self.dice.random_range(0..6) == 0),
            Events::FiveTimesShuffled => {
                told = vec![told; 5].concat();
                told.shuffle(&mut self.dice);
            }
        }
        for (intent, kind) in told {
            let forged = self.dice.random_range(0..10) == 0;
            self.tell(&intent, kind, forged).await;
        }
    }

    async fn tell(&self, intent: &str, kind: &str, forged: bool) {
        let body = format!(
            r#"{{"id":"evt_{intent}_{kind}","type":"payment_intent.{kind}","data":{{"object":{{"id":"{intent}"}}}}}}"#
        );
        let secret = match forged {
            true => "whsec_of_somebody_else",
            false => WEBHOOK_SECRET,
        };
        let taken = surely(async || {
            let signature = sign(secret, self.town.now(), &body);
            match self.engine.webhook(&signature, body.as_bytes()).await {
                Ok(()) => Ok(true),
                Err(Error::Unprocessable(_)) => Ok(false),
                Err(error) => Err(error),
            }
        })
        .await;
        assert_eq!(taken, !forged, "{body}");
    }
}

fn sign(secret: &str, now_ms: u64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    let time = now_ms / 1000;
    mac.update(format!("{time}.{body}").as_bytes());
    format!("t={time},v1={}", to_hex(&mac.finalize().into_bytes()))
}
