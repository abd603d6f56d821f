//! A payment as Stripe describes it (<https://docs.stripe.com/api/payment_intents/object>), and the errors that carry
//! one.

use crate::pay::gateway::{Card, GatewayError, Intent, IntentState};
use reqwest::StatusCode;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The shop's own page that lets the provider's script ask the shopper, where the provider has no page of its
/// own for that (`use_stripe_sdk`).
const ACTION_PAGE: &str = "/pay/action";

#[derive(Deserialize)]
struct WireIntent {
    id: String,
    status: String,
    client_secret: Option<String>,
    next_action: Option<NextAction>,
    last_payment_error: Option<WireError>,
    latest_charge: Option<Charge>,
}

#[derive(Deserialize)]
struct NextAction {
    #[serde(rename = "type")]
    kind: String,
    redirect_to_url: Option<Redirect>,
}

#[derive(Deserialize)]
struct Redirect {
    url: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Charge {
    Expanded {
        payment_method_details: Option<Details>,
        #[serde(default)]
        amount_refunded: i64,
    },
    /// The name alone: it was not asked for more.
    Name(IgnoredAny),
}

#[derive(Deserialize)]
struct Details {
    card: Option<WireCard>,
}

#[derive(Deserialize)]
struct WireCard {
    brand: String,
    last4: String,
    fingerprint: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Failure {
    pub(super) error: WireError,
}

#[derive(Deserialize)]
pub(super) struct WireError {
    #[serde(rename = "type")]
    kind: Option<String>,
    code: Option<String>,
    decline_code: Option<String>,
    message: Option<String>,
    payment_intent: Option<Box<WireIntent>>,
}

impl WireError {
    pub(super) fn reason(&self) -> String {
        let code = self.decline_code.as_ref().or(self.code.as_ref());
        code.cloned().unwrap_or_else(|| "card_declined".to_owned())
    }

    /// The bank's word on the card, and not a mistake of ours.
    pub(super) fn is_of_card(&self) -> bool {
        self.kind.as_deref() == Some("card_error")
    }

    pub(super) fn refusal(self) -> GatewayError {
        GatewayError::Refused(format!(
            "{}: {}",
            self.code.unwrap_or_default(),
            self.message.unwrap_or_default()
        ))
    }
}

/// Reads the answer to any call about a payment.
pub(super) fn read(status: StatusCode, body: &[u8]) -> Result<Intent, GatewayError> {
    let unreadable = |error: serde_json::Error| GatewayError::Unknown(format!("{status}: {error}"));
    if status.is_success() {
        let intent: WireIntent = serde_json::from_slice(body).map_err(unreadable)?;
        return intent.read();
    }
    let error = serde_json::from_slice::<Failure>(body)
        .map_err(unreadable)?
        .error;
    match error.payment_intent {
        Some(ref intent) if error.is_of_card() => Ok(Intent {
            id: intent.id.clone(),
            state: IntentState::Declined(error.reason()),
            card: None,
            refunded: 0,
        }),
        _ => Err(error.refusal()),
    }
}

impl NextAction {
    /// Where the shopper approves the payment.
    fn url(self, client_secret: Option<&str>) -> Option<String> {
        if let Some(redirect) = self.redirect_to_url {
            return Some(redirect.url);
        }
        // The secret goes into an address of ours: nothing in it may be more than a name.
        let is_name = |secret: &&str| {
            secret
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_')
        };
        let secret = client_secret.filter(|_| self.kind == "use_stripe_sdk")?;
        is_name(&secret).then(|| format!("{ACTION_PAGE}?client_secret={secret}"))
    }
}

impl WireIntent {
    fn read(self) -> Result<Intent, GatewayError> {
        let state = match self.status.as_str() {
            "requires_capture" => IntentState::Authorized,
            "succeeded" => IntentState::Captured,
            "canceled" => IntentState::Canceled,
            "processing" => IntentState::Processing,
            "requires_action" => {
                let url = self
                    .next_action
                    .and_then(|action| action.url(self.client_secret.as_deref()));
                IntentState::RequiresAction(url.ok_or_else(|| {
                    GatewayError::Unknown("an action without an address".to_owned())
                })?)
            }
            "requires_payment_method" => IntentState::Declined(
                self.last_payment_error
                    .as_ref()
                    .map_or_else(|| "card_declined".to_owned(), WireError::reason),
            ),
            other => return Err(GatewayError::Unknown(format!("status {other}"))),
        };
        let (details, refunded) = match self.latest_charge {
            Some(Charge::Expanded {
                payment_method_details,
                amount_refunded,
            }) => (payment_method_details, amount_refunded),
            _ => (None, 0),
        };
        let card = details.and_then(|details| details.card).map(|card| Card {
            brand: card.brand,
            last4: card.last4,
            fingerprint: card.fingerprint.unwrap_or_default(),
        });
        Ok(Intent {
            id: self.id,
            state,
            card,
            refunded,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_unknown_and_never_a_success() {
        for (status, body) in [
            (200, "{\"id\":\"pi_1\",\"sta"),
            (200, "{\"id\":\"pi_1\",\"status\":\"surprise\"}"),
            (404, "<html>"),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            assert!(
                matches!(read(status, body.as_bytes()), Err(GatewayError::Unknown(_))),
                "{body}"
            );
        }
    }

    #[test]
    fn an_action_has_an_address_at_the_provider_or_is_asked_for_by_its_script() {
        let body = |action: &str| {
            format!(
                r#"{{"id":"pi_1","status":"requires_action","client_secret":"pi_1_secret_2","next_action":{action}}}"#
            )
        };
        let state = |action: &str| read(StatusCode::OK, body(action).as_bytes()).map(|it| it.state);
        let there =
            r#"{"type":"redirect_to_url","redirect_to_url":{"url":"https://bank.example/3ds"}}"#;
        let there_url = "https://bank.example/3ds".to_owned();
        assert_eq!(state(there), Ok(IntentState::RequiresAction(there_url)));
        let here = r#"{"type":"use_stripe_sdk","use_stripe_sdk":{}}"#;
        let here_url = "/pay/action?client_secret=pi_1_secret_2".to_owned();
        assert_eq!(state(here), Ok(IntentState::RequiresAction(here_url)));
        assert!(state(r#"{"type":"oxxo_display_details"}"#).is_err());
    }

    #[test]
    fn a_decline_is_an_answer_about_the_payment() {
        let body = br#"{"error":{"type":"card_error","code":"card_declined","decline_code":"insufficient_funds",
            "payment_intent":{"id":"pi_1","status":"requires_payment_method"}}}"#;
        let intent = read(StatusCode::PAYMENT_REQUIRED, body).unwrap();
        assert_eq!(
            intent.state,
            IntentState::Declined("insufficient_funds".into())
        );
    }
}
