//! A shop, its browser and an auditor, talking to a simulator without a port.

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use http_body_util::BodyExt;
use psp::{Settings, Simulator};
use serde_json::Value;
use tower::ServiceExt;

pub(crate) const SHOP: &str = "Bearer sk_test_sluice";
pub(crate) const BROWSER: &str = "Bearer pk_test_sluice";

/// A simulator and those who call it.
#[derive(Clone)]
pub(crate) struct Provider(Router);

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

/// The connection ended before the answer did.
#[derive(Debug)]
pub(crate) struct Lost;

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("the answer is JSON")
    }

    /// The field at a JSON pointer, as text.
    pub(crate) fn field(&self, pointer: &str) -> String {
        match self.json().pointer(pointer) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        }
    }

    pub(crate) fn id(&self) -> String {
        self.field("/id")
    }

    pub(crate) fn state(&self) -> String {
        self.field("/status")
    }

    pub(crate) fn error(&self) -> String {
        self.field("/error/code")
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("a readable header"))
    }
}

impl Provider {
    pub(crate) fn new() -> Self {
        Self::with(Settings::default())
    }

    pub(crate) fn with(settings: Settings) -> Self {
        Self(Simulator::open(settings).expect("it opens").router())
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        self.try_send(request).await.expect("a whole answer")
    }

    async fn try_send(&self, request: Request<Body>) -> Result<Answer, Lost> {
        let response = self.0.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.map_err(|_| Lost)?.to_bytes();
        Ok(Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).expect("text"),
        })
    }

    pub(crate) async fn get_as(&self, who: &str, path: &str) -> Answer {
        self.send(request(Method::GET, who, path, "", None)).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.get_as(SHOP, path).await
    }

    pub(crate) async fn post_as(&self, who: &str, path: &str, form: &str) -> Answer {
        self.send(request(Method::POST, who, path, form, None))
            .await
    }

    pub(crate) async fn post(&self, path: &str, form: &str) -> Answer {
        self.post_as(SHOP, path, form).await
    }

    pub(crate) async fn post_with_key(&self, key: &str, path: &str, form: &str) -> Answer {
        self.send(request(Method::POST, SHOP, path, form, Some(key)))
            .await
    }

    /// The same, where the answer may not arrive.
    pub(crate) async fn try_post(&self, key: &str, path: &str, form: &str) -> Result<Answer, Lost> {
        self.try_send(request(Method::POST, SHOP, path, form, Some(key)))
            .await
    }

    /// An order to the simulator itself.
    pub(crate) async fn control(&self, path: &str, order: &Value) -> Answer {
        let request = Request::post(path)
            .header(header::AUTHORIZATION, SHOP)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(order.to_string()))
            .expect("a request");
        self.send(request).await
    }

    /// The browser saves a card.
    pub(crate) async fn save_card(&self, number: &str) -> Answer {
        self.post_as(BROWSER, "/v1/payment_methods", &card(number))
            .await
    }

    /// The shop asks for a hold of 19.99 for `sale`, on a card number.
    pub(crate) async fn authorize(&self, sale: &str, number: &str) -> Answer {
        let method = self.save_card(number).await.id();
        self.post("/v1/payment_intents", &hold(sale, &method)).await
    }

    pub(crate) async fn capture(&self, intent: &str) -> Answer {
        self.post(&format!("/v1/payment_intents/{intent}/capture"), "")
            .await
    }

    pub(crate) async fn cancel(&self, intent: &str) -> Answer {
        self.post(&format!("/v1/payment_intents/{intent}/cancel"), "")
            .await
    }

    /// The intent as it is now.
    pub(crate) async fn intent(&self, intent: &str) -> Answer {
        self.get(&format!("/v1/payment_intents/{intent}")).await
    }

    /// What the bank says about a sale.
    pub(crate) async fn summary(&self, sale: &str) -> Value {
        self.get(&format!("/oracle/summary?sale={sale}"))
            .await
            .json()
    }
}

pub(crate) fn card(number: &str) -> String {
    format!("type=card&card[number]={number}&card[exp_month]=12&card[exp_year]=2048&card[cvc]=123")
}

pub(crate) fn hold(sale: &str, method: &str) -> String {
    format!(
        "amount=1999&currency=eur&capture_method=manual&confirm=true&payment_method={method}\
         &metadata[sale]={sale}&metadata[buyer]=b1&return_url=https://shop.example/back"
    )
}

fn request(method: Method, who: &str, path: &str, form: &str, key: Option<&str>) -> Request<Body> {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "127.0.0.1:12111")
        .header(header::AUTHORIZATION, who)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    request
        .body(Body::from(form.to_owned()))
        .expect("a request")
}
