//! The provider's webhooks: signed, taken once, and never needed.
//!
//! An event only makes us look: what moves a payment is the provider's answer to our own question. The look
//! is owed in the transaction that keeps the event, so a question without an answer is asked again. So a
//! forged, late, repeated or shuffled event can do no harm, and a lost one costs a moment.

use crate::{Engine, Error};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use sha2::Sha256;

/// How old a signature may be, s (Stripe's own default).
const TOLERANCE_S: u64 = 300;

#[derive(Deserialize)]
struct Event {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: Object,
}

#[derive(Deserialize)]
struct Object {
    id: String,
}

impl Engine {
    /// Takes one event. `signature` is the header `Stripe-Signature`
    /// (<https://docs.stripe.com/webhooks#verify-manually>).
    pub async fn webhook(&self, signature: &str, body: &[u8]) -> Result<(), Error> {
        let now = self.world.now();
        if !is_genuine(&self.webhook_secret, signature, body, now / 1000) {
            return Err(Error::Unprocessable("the signature does not fit"));
        }
        let event: Event =
            serde_json::from_slice(body).map_err(|_| Error::Unprocessable("not an event"))?;
        let intent = event
            .kind
            .starts_with("payment_intent.")
            .then_some(event.data.object.id);
        let owed = self
            .ledger
            .keep_event(event.id, event.kind, intent, now)
            .await?;
        if owed {
            self.0.waiters.wake_worker();
        }
        Ok(())
    }
}

/// Is it signed by one of the secrets? While a secret is being changed there are two, with a comma between.
fn is_genuine(secrets: &str, header: &str, body: &[u8], now_s: u64) -> bool {
    let mut secrets = secrets.split(',').map(str::trim);
    secrets.any(|secret| !secret.is_empty() && is_signed_by(secret, header, body, now_s))
}

fn is_signed_by(secret: &str, header: &str, body: &[u8], now_s: u64) -> bool {
    let values = |name: &'static str| {
        header.split(',').filter_map(move |part| {
            let (key, value) = part.trim().split_once('=')?;
            (key == name).then_some(value)
        })
    };
    let Some(time) = values("t").next() else {
        return false;
    };
    let fresh = time
        .parse::<u64>()
        .is_ok_and(|t| t.abs_diff(now_s) <= TOLERANCE_S);
    fresh
        && values("v1").any(|hex| {
            let Some(tag) = protocol::digest::from_hex::<32>(hex) else {
                return false;
            };
            let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
                return false;
            };
            mac.update(time.as_bytes());
            mac.update(b".");
            mac.update(body);
            mac.verify_slice(&tag).is_ok()
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::digest::to_hex;

    fn sign(secret: &str, time: u64, body: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(time.to_string().as_bytes());
        mac.update(b".");
        mac.update(body);
        format!("t={time},v1={}", to_hex(&mac.finalize().into_bytes()))
    }

    #[test]
    fn a_forged_old_or_changed_event_is_refused() {
        let good = sign("whsec", 1000, b"{}");
        assert!(is_genuine("whsec", &good, b"{}", 1100));
        assert!(!is_genuine("other", &good, b"{}", 1100));
        assert!(!is_genuine("whsec", &good, b"{ }", 1100));
        assert!(!is_genuine("whsec", &good, b"{}", 1301));
        assert!(!is_genuine("whsec", "t=1000", b"{}", 1100));
        assert!(!is_genuine("whsec", "", b"{}", 1100));
        assert!(!is_genuine("", &sign("", 1000, b"{}"), b"{}", 1100));
    }

    #[test]
    fn while_a_secret_is_being_changed_either_signs() {
        for secret in ["old", "new"] {
            assert!(is_genuine(
                "new, old",
                &sign(secret, 1000, b"{}"),
                b"{}",
                1000
            ));
        }
        assert!(!is_genuine(
            "new,old",
            &sign("new,old", 1000, b"{}"),
            b"{}",
            1000
        ));
        // The provider signs with both of its secrets meanwhile.
        let both = format!("{},v1={}", sign("other", 1000, b"{}"), "0".repeat(64));
        assert!(is_genuine("other", &both, b"{}", 1000));
    }
}
