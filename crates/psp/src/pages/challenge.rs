//! The 3-D Secure page: `GET /3ds/{intent}?client_secret=…&origin=…`.
//!
//! Two plain form buttons, so it works without a script. After either, the same address shows the
//! outcome; its script tells the parent page, or goes to the `return_url` when nobody frames us.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use subtle::ConstantTimeEq;

use super::{Origin, asset, page as framed, refused, template};
use crate::{
    Simulator,
    acts::challenge,
    api::{
        call::{Call, Query},
        form::Form,
    },
    model::{Intent, Status},
};

/// Asks, or shows how it ended.
pub(crate) async fn page(
    State(sim): State<Simulator>,
    Path(id): Path<String>,
    Query(form): Query,
) -> Response {
    let intent = sim.books().memory.intent(&id).cloned();
    let Some(intent) = intent.filter(|intent| knows_secret(intent, &form)) else {
        return unknown();
    };
    let origin = match form.get("origin") {
        None => None,
        Some(text) => match Origin::parse(text) {
            None => return refused("`origin` is not an http(s) origin."),
            origin => origin,
        },
    };
    let target = origin.as_ref().map_or("", Origin::as_str);
    let html = match intent.status {
        Status::RequiresAction => question(&intent, target),
        Status::RequiresCapture | Status::Succeeded => outcome(&intent, target, true),
        _ => outcome(&intent, target, false),
    };
    framed(html, "'self'", origin.as_ref())
}

/// The shopper pressed Approve.
pub(crate) async fn approve(
    State(sim): State<Simulator>,
    Path(id): Path<String>,
    call: Call,
) -> Response {
    finish(&sim, &id, &call, true)
}

/// The shopper pressed Refuse.
pub(crate) async fn refuse(
    State(sim): State<Simulator>,
    Path(id): Path<String>,
    call: Call,
) -> Response {
    finish(&sim, &id, &call, false)
}

/// The script of the outcome.
pub(crate) async fn script() -> Response {
    asset(
        "text/javascript; charset=utf-8",
        include_str!("challenge.js"),
    )
}

fn finish(sim: &Simulator, id: &str, call: &Call, approved: bool) -> Response {
    let intent = sim.books().memory.intent(id).cloned();
    let Some(intent) = intent.filter(|intent| knows_secret(intent, &call.form)) else {
        return unknown();
    };
    let response = sim.settle(call, |desk, _| challenge::finish(desk, id, approved));
    if !response.status().is_success() {
        return response;
    }
    let mut query = vec![("client_secret", intent.client_secret.as_str())];
    query.extend(call.form.get("origin").map(|origin| ("origin", origin)));
    let query = serde_urlencoded::to_string(query).unwrap_or_default();
    Redirect::to(&format!("../{id}?{query}")).into_response()
}

fn question(intent: &Intent, origin: &str) -> String {
    template::fill(
        include_str!("challenge.html"),
        &[
            ("intent", &intent.id),
            ("client_secret", &intent.client_secret),
            ("origin", origin),
            ("amount", &template::money(intent.amount, &intent.currency)),
        ],
    )
}

fn outcome(intent: &Intent, origin: &str, approved: bool) -> String {
    let (outcome, heading) = if approved {
        ("approved", "Payment approved")
    } else {
        ("refused", "Payment not approved")
    };
    let back = intent
        .return_url
        .as_deref()
        .map(|url| back_to(url, intent, approved));
    template::fill(
        include_str!("outcome.html"),
        &[
            ("intent", &intent.id),
            ("origin", origin),
            ("outcome", outcome),
            ("heading", heading),
            ("return_url", back.as_deref().unwrap_or_default()),
        ],
    )
}

/// The shop's page, with the parameters Stripe adds to it.
fn back_to(return_url: &str, intent: &Intent, approved: bool) -> String {
    let (address, fragment) = match return_url.split_once('#') {
        Some((address, fragment)) => (address, format!("#{fragment}")),
        None => (return_url, String::new()),
    };
    let joint = if address.contains('?') { '&' } else { '?' };
    let status = if approved { "succeeded" } else { "failed" };
    format!(
        "{address}{joint}payment_intent={}&payment_intent_client_secret={}\
         &redirect_status={status}{fragment}",
        intent.id, intent.client_secret
    )
}

fn knows_secret(intent: &Intent, form: &Form) -> bool {
    let given = form.get("client_secret").unwrap_or_default();
    intent
        .client_secret
        .as_bytes()
        .ct_eq(given.as_bytes())
        .into()
}

fn unknown() -> Response {
    (StatusCode::NOT_FOUND, "There is no such payment.").into_response()
}
