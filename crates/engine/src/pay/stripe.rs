//! Stripe's HTTP API, as much of it as a flash sale needs (PaymentIntents with manual capture).
//!
//! <https://docs.stripe.com/api/payment_intents>. Requests are forms, answers JSON. The base URL is
//! configurable: the simulator speaks the same.

use super::gateway::{
    Card, Gateway, GatewayError, GiveBack, Hold, Intent, IntentState, Listed, RefundState,
};
use super::{stripe_list, stripe_refund};
use bytes::Bytes;
use futures::future::BoxFuture;
use reqwest::header::HeaderMap;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde::Deserialize;
use std::time::Duration;

const API_VERSION: &str = "2025-03-31.basil";

/// The shop's own page that lets the provider's script ask the shopper, where the provider has no page of its
/// own for that (`use_stripe_sdk`).
const ACTION_PAGE: &str = "/pay/action";

/// A client of Stripe's API at some base URL.
pub struct Stripe {
    client: Client,
    base: String,
    secret_key: String,
}

impl std::fmt::Debug for Stripe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Stripe({})", self.base)
    }
}

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
    Name(#[allow(dead_code)] String),
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
}

impl Stripe {
    /// A client for the API at `base`, such as `https://api.stripe.com`, giving up on a call after `timeout`.
    pub fn new(base: &str, secret_key: String, timeout: Duration) -> Result<Self, GatewayError> {
        let client = Client::builder()
            .timeout(timeout)
            .connect_timeout(timeout)
            .pool_max_idle_per_host(64)
            .build()
            .map_err(|error| GatewayError::Refused(error.to_string()))?;
        Ok(Self {
            client,
            base: base.trim_end_matches('/').to_owned(),
            secret_key,
        })
    }

    fn post(&self, path: &str, key: &str, form: &[(&str, &str)]) -> RequestBuilder {
        self.client
            .post(format!("{}{path}", self.base))
            .header("Idempotency-Key", key)
            .form(form)
    }

    async fn send(&self, request: RequestBuilder) -> Result<Intent, GatewayError> {
        let (status, body) = self.answer(request).await?;
        read(status, &body)
    }

    /// The answer, unless it says nothing of what was asked.
    async fn answer(&self, request: RequestBuilder) -> Result<(StatusCode, Bytes), GatewayError> {
        let unknown =
            |error: reqwest::Error| GatewayError::Unknown(error.without_url().to_string());
        let answer = request
            .bearer_auth(&self.secret_key)
            .header("Stripe-Version", API_VERSION)
            .send()
            .await
            .map_err(unknown)?;
        let status = answer.status();
        let replayed = is_replayed(answer.headers());
        let body = answer.bytes().await.map_err(unknown)?;
        if status == StatusCode::TOO_MANY_REQUESTS {
            return Err(GatewayError::RateLimited);
        }
        if status.is_server_error() {
            return Err(match replayed {
                true => GatewayError::Spent(status.to_string()),
                false => GatewayError::Unknown(status.to_string()),
            });
        }
        // The same key is being worked on right now.
        if status == StatusCode::CONFLICT {
            return Err(GatewayError::Unknown(status.to_string()));
        }
        Ok((status, body))
    }
}

/// Did the provider give an answer that it had kept under this key? Then the call is over, whatever it says.
/// <https://docs.stripe.com/api/idempotent_requests>
fn is_replayed(headers: &HeaderMap) -> bool {
    headers
        .get("idempotent-replayed")
        .is_some_and(|value| value == "true")
}

fn read(status: StatusCode, body: &[u8]) -> Result<Intent, GatewayError> {
    let unreadable = |error: serde_json::Error| GatewayError::Unknown(format!("{status}: {error}"));
    if status.is_success() {
        let intent: WireIntent = serde_json::from_slice(body).map_err(unreadable)?;
        return intent.read();
    }
    let error = serde_json::from_slice::<Failure>(body)
        .map_err(unreadable)?
        .error;
    match error.payment_intent {
        Some(ref intent) if error.kind.as_deref() == Some("card_error") => Ok(Intent {
            id: intent.id.clone(),
            state: IntentState::Declined(error.reason()),
            card: None,
            refunded: 0,
        }),
        _ => Err(GatewayError::Refused(format!(
            "{}: {}",
            error.code.unwrap_or_default(),
            error.message.unwrap_or_default()
        ))),
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

impl Gateway for Stripe {
    fn authorize<'a>(
        &'a self,
        key: &'a str,
        hold: &'a Hold,
    ) -> BoxFuture<'a, Result<Intent, GatewayError>> {
        Box::pin(async move {
            let amount = hold.amount.minor.to_string();
            let currency = hold.amount.currency.as_str().to_lowercase();
            let form = [
                ("amount", amount.as_str()),
                ("currency", &currency),
                ("capture_method", "manual"),
                ("confirm", "true"),
                ("payment_method", &hold.payment_method),
                ("payment_method_types[]", "card"),
                ("metadata[sale]", &hold.sale),
                ("metadata[payment]", &hold.payment),
                ("expand[]", "latest_charge"),
            ];
            self.send(self.post("/v1/payment_intents", key, &form))
                .await
        })
    }

    fn get<'a>(&'a self, intent: &'a str) -> BoxFuture<'a, Result<Intent, GatewayError>> {
        let url = format!("{}/v1/payment_intents/{intent}", self.base);
        let request = self.client.get(url).query(&[("expand[]", "latest_charge")]);
        Box::pin(self.send(request))
    }

    fn capture<'a>(
        &'a self,
        key: &'a str,
        intent: &'a str,
    ) -> BoxFuture<'a, Result<Intent, GatewayError>> {
        let path = format!("/v1/payment_intents/{intent}/capture");
        Box::pin(self.send(self.post(&path, key, &[])))
    }

    fn cancel<'a>(
        &'a self,
        key: &'a str,
        intent: &'a str,
    ) -> BoxFuture<'a, Result<Intent, GatewayError>> {
        let path = format!("/v1/payment_intents/{intent}/cancel");
        Box::pin(self.send(self.post(&path, key, &[])))
    }

    fn refund<'a>(
        &'a self,
        key: &'a str,
        back: &'a GiveBack,
    ) -> BoxFuture<'a, Result<RefundState, GatewayError>> {
        Box::pin(async move {
            let amount = back.minor.to_string();
            let form = [
                ("payment_intent", back.intent.as_str()),
                ("amount", &amount),
                ("reason", "requested_by_customer"),
                ("metadata[refund]", &back.refund),
            ];
            let (status, body) = self.answer(self.post("/v1/refunds", key, &form)).await?;
            stripe_refund::read(status, &body)
        })
    }

    fn list<'a>(
        &'a self,
        since: u64,
        after: Option<&'a str>,
    ) -> BoxFuture<'a, Result<(Vec<Listed>, bool), GatewayError>> {
        let mut query = vec![
            ("limit", stripe_list::LIMIT.to_owned()),
            ("created[gte]", since.to_string()),
        ];
        query.extend(after.map(|intent| ("starting_after", intent.to_owned())));
        let url = format!("{}/v1/payment_intents", self.base);
        let request = self.client.get(url).query(&query);
        Box::pin(async move {
            let (status, body) = self.answer(request).await?;
            stripe_list::read(status, &body)
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
