//! Stripe's HTTP API, as much of it as a flash sale needs: PaymentIntents with manual capture, refunds, and customers
//! for cards that are kept. Here are the calls; the other files read the answers.
//!
//! <https://docs.stripe.com/api/payment_intents>. Requests are forms, answers JSON. The base URL is
//! configurable: the simulator speaks the same.

mod customer;
mod intent;
mod list;
mod refund;

use super::gateway::{
    Gateway, GatewayError, GiveBack, Hold, Intent, Keep, Kept, Listed, RefundState,
};
use bytes::Bytes;
use futures::future::BoxFuture;
use reqwest::header::HeaderMap;
use reqwest::{Client, RequestBuilder, StatusCode};
use std::time::Duration;

const API_VERSION: &str = "2025-03-31.basil";

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
        intent::read(status, &body)
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

impl Gateway for Stripe {
    fn keep<'a>(
        &'a self,
        key: &'a str,
        card: &'a Keep,
    ) -> BoxFuture<'a, Result<Kept, GatewayError>> {
        let form = [
            ("payment_method", card.payment_method.as_str()),
            ("metadata[sale]", &card.sale),
            ("metadata[payment]", &card.payment),
        ];
        let request = self.post("/v1/customers", key, &form);
        Box::pin(async move {
            let (status, body) = self.answer(request).await?;
            customer::read(status, &body)
        })
    }

    fn forget<'a>(&'a self, customer: &'a str) -> BoxFuture<'a, Result<(), GatewayError>> {
        let url = format!("{}/v1/customers/{customer}", self.base);
        let request = self.client.delete(url);
        Box::pin(async move {
            let (status, body) = self.answer(request).await?;
            customer::read_deletion(status, &body)
        })
    }

    fn authorize<'a>(
        &'a self,
        key: &'a str,
        hold: &'a Hold,
    ) -> BoxFuture<'a, Result<Intent, GatewayError>> {
        Box::pin(async move {
            let amount = hold.amount.minor.to_string();
            let currency = hold.amount.currency.as_str().to_lowercase();
            let mut form = vec![
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
            let customer = hold.customer.as_deref();
            form.extend(customer.map(|customer| ("customer", customer)));
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
            refund::read(status, &body)
        })
    }

    fn list<'a>(
        &'a self,
        since: u64,
        after: Option<&'a str>,
    ) -> BoxFuture<'a, Result<(Vec<Listed>, bool), GatewayError>> {
        let mut query = vec![
            ("limit", list::LIMIT.to_owned()),
            ("created[gte]", since.to_string()),
        ];
        query.extend(after.map(|intent| ("starting_after", intent.to_owned())));
        let url = format!("{}/v1/payment_intents", self.base);
        let request = self.client.get(url).query(&query);
        Box::pin(async move {
            let (status, body) = self.answer(request).await?;
            list::read(status, &body)
        })
    }
}
