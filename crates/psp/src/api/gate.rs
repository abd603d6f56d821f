//! Who may call: the secret key for everything, the publishable key for saving a card only.
//!
//! Runs before every `/v1` and `/oracle` handler. The rate limit counts calls with the secret key;
//! a crowd of browsers saving cards does not eat the shop's allowance.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use subtle::ConstantTimeEq;

use super::{faulty, refusal::Refusal};
use crate::{Settings, Simulator, ids};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Caller {
    Shop,
    Browser,
}

/// Lets a `/v1` call through if its key and the rate limit allow it.
pub(crate) async fn api(State(sim): State<Simulator>, request: Request, next: Next) -> Response {
    let saves_a_card =
        request.method() == Method::POST && request.uri().path().ends_with("/v1/payment_methods");
    let mut response = match caller(sim.settings(), request.headers()) {
        Err(refusal) => refusal.into_response(),
        Ok(Caller::Browser) if !saves_a_card => Refusal::unauthorized(
            "This API call cannot be made with a publishable API key. Please use a secret API key.",
        )
        .code("secret_key_required")
        .into_response(),
        Ok(Caller::Shop) if !sim.weather().within_rate() => Refusal::rate_limited().into_response(),
        Ok(Caller::Shop) => faulty::run(&sim, request, next).await,
        Ok(Caller::Browser) => next.run(request).await,
    };
    if let Ok(id) = HeaderValue::from_str(&ids::fresh("req")) {
        response
            .headers_mut()
            .insert(HeaderName::from_static("request-id"), id);
    }
    response
}

/// Lets an auditor or whoever controls the simulator through. That is neither limited nor delayed.
pub(crate) async fn oracle(State(sim): State<Simulator>, request: Request, next: Next) -> Response {
    match caller(sim.settings(), request.headers()) {
        Ok(Caller::Shop) => next.run(request).await,
        Ok(Caller::Browser) => {
            Refusal::unauthorized("The oracle answers to the secret key only.").into_response()
        }
        Err(refusal) => refusal.into_response(),
    }
}

fn caller(settings: &Settings, headers: &HeaderMap) -> Result<Caller, Refusal> {
    let key = presented(headers).ok_or_else(|| {
        Refusal::unauthorized(
            "You did not provide an API key. Send it in the Authorization header, as in \
             'Authorization: Bearer YOUR_SECRET_KEY'.",
        )
    })?;
    let is = |known: &str| bool::from(known.as_bytes().ct_eq(key.as_bytes()));
    if is(&settings.secret_key) {
        Ok(Caller::Shop)
    } else if is(&settings.publishable_key) {
        Ok(Caller::Browser)
    } else {
        Err(Refusal::unauthorized("Invalid API Key provided."))
    }
}

/// The key of `Authorization: Bearer …`, or the user name of `Authorization: Basic …` (curl's `-u`).
fn presented(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credentials) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(credentials.trim().to_owned());
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let decoded = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
        return decoded.split(':').next().map(str::to_owned);
    }
    None
}
