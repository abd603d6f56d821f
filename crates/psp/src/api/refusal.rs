//! Stripe's errors: the HTTP status, `{"error": {type, code, decline_code, message, param, …}}`.
//!
//! A [`Refusal`] is also what an intent keeps as `last_payment_error` and what the journal keeps
//! under an idempotency key, so it owns its text and names its intent by id.

use std::borrow::Cow;

use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    api::render,
    cards::Decline,
    model::{Intent, Status},
};

type Text = Cow<'static, str>;

/// An answer that is not what the caller hoped for. Boxed: it travels in many results and is rare.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Refusal(Box<Detail>);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Detail {
    status: u16,
    kind: Text,
    message: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    decline_code: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    param: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    charge: Option<String>,
    /// The intent to show in the error, as it stands after the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    intent: Option<String>,
}

impl Refusal {
    fn new(status: StatusCode, kind: &'static str, message: impl Into<Text>) -> Self {
        Self(Box::new(Detail {
            status: status.as_u16(),
            kind: Cow::Borrowed(kind),
            message: message.into(),
            code: None,
            decline_code: None,
            param: None,
            charge: None,
            intent: None,
        }))
    }

    /// The call makes no sense as it is.
    pub(crate) fn invalid(message: impl Into<Text>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", message)
    }

    pub(crate) fn missing(param: &'static str) -> Self {
        Self::invalid(format!("Missing required param: {param}."))
            .code("parameter_missing")
            .param(param)
    }

    pub(crate) fn unauthorized(message: impl Into<Text>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "invalid_request_error", message)
    }

    pub(crate) fn not_found(what: &'static str, id: &str, param: &'static str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "invalid_request_error",
            format!("No such {what}: '{id}'"),
        )
        .code("resource_missing")
        .param(param)
    }

    pub(crate) fn unknown_route(method: &str, path: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "invalid_request_error",
            format!("Unrecognized request URL ({method}: {path})."),
        )
    }

    pub(crate) fn rate_limited() -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "invalid_request_error",
            "Request rate limit exceeded. Slow down and try again.",
        )
        .code("rate_limit")
    }

    pub(crate) fn key_in_use() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "idempotency_error",
            "There is currently another in-progress request using this idempotency key.",
        )
        .code("idempotency_key_in_use")
    }

    pub(crate) fn key_reused(key: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "idempotency_error",
            format!(
                "Keys for idempotent requests can only be used with the same parameters they were \
                 first used with. Try using a key other than '{key}' for a different request."
            ),
        )
    }

    pub(crate) fn out_of_order() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "api_error",
            "The bank could not write its journal; nothing was done.",
        )
    }

    /// Something broke at the provider.
    pub(crate) fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "api_error",
            "An unknown error occurred.",
        )
    }

    /// The card as typed cannot be one.
    pub(crate) fn card(code: &'static str, param: &'static str, message: &'static str) -> Self {
        Self::new(StatusCode::PAYMENT_REQUIRED, "card_error", message)
            .code(code)
            .param(param)
    }

    /// The bank said no.
    pub(crate) fn declined(decline: Decline, intent: &Intent, charge: &str) -> Self {
        let mut refusal = Self::bad_card(decline).about(intent);
        refusal.0.charge = Some(charge.to_owned());
        refusal
    }

    /// The bank says that a card which is to be kept is not good.
    pub(crate) fn bad_card(decline: Decline) -> Self {
        let (code, decline_code, message) = decline.wire();
        let mut refusal = Self::new(StatusCode::PAYMENT_REQUIRED, "card_error", message).code(code);
        refusal.0.decline_code = decline_code.map(Cow::Borrowed);
        refusal
    }

    /// The shopper refused or failed 3-D Secure.
    pub(crate) fn not_authenticated(intent: &Intent) -> Self {
        Self::invalid(
            "The provided PaymentMethod has failed authentication. You can provide \
             payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent \
             again.",
        )
        .code("payment_intent_authentication_failure")
        .about(intent)
    }

    /// The intent's state does not allow this; `done` is the participle, as in "captured".
    pub(crate) fn unexpected_state(intent: &Intent, done: &str, allowed: &[Status]) -> Self {
        let names: Vec<&str> = allowed.iter().map(|status| status.name()).collect();
        Self::invalid(format!(
            "This PaymentIntent could not be {done} because it has a status of {}. Only a \
             PaymentIntent with one of the following statuses may be {done}: {}.",
            intent.status.name(),
            names.join(", "),
        ))
        .code("payment_intent_unexpected_state")
        .about(intent)
    }

    pub(crate) fn code(mut self, code: &'static str) -> Self {
        self.0.code = Some(Cow::Borrowed(code));
        self
    }

    pub(crate) fn param(mut self, param: &'static str) -> Self {
        self.0.param = Some(Cow::Borrowed(param));
        self
    }

    pub(crate) fn about(mut self, intent: &Intent) -> Self {
        self.0.intent = Some(intent.id.clone());
        self
    }

    /// The intent to show beside the error.
    pub(crate) fn intent(&self) -> Option<&str> {
        self.0.intent.as_deref()
    }

    /// The object inside `{"error": …}`, without the intent.
    pub(crate) fn body(&self) -> Value {
        let mut body = json!({"type": self.0.kind, "message": self.0.message});
        let details = [
            ("code", self.0.code.as_deref()),
            ("decline_code", self.0.decline_code.as_deref()),
            ("param", self.0.param.as_deref()),
            ("charge", self.0.charge.as_deref()),
        ];
        for (name, value) in details {
            if let Some(value) = value {
                body[name] = Value::from(value);
            }
        }
        body
    }

    /// The HTTP answer, with the intent it is about.
    pub(crate) fn answer(&self, intent: Option<&Intent>) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut error = self.body();
        if let Some(intent) = intent {
            error["payment_intent"] = render::intent(intent, false);
        }
        let mut response = (status, Json(json!({"error": error}))).into_response();
        if status == StatusCode::TOO_MANY_REQUESTS {
            response.headers_mut().insert(
                HeaderName::from_static("stripe-rate-limited-reason"),
                HeaderValue::from_static("global-rate"),
            );
        }
        response
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        self.answer(None)
    }
}
