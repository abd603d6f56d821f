//! The card form and the bank's question by the provider's own script (Stripe.js), where one is configured.
//!
//! Both are pages of ours that the shopper's page frames, with a policy of their own: so the provider's script
//! never runs beside the rest of the shop, and the shop's own page allows no other host than itself. They
//! speak to the page around them as the simulator's do. The card goes from the script to the provider; it
//! never reaches us.

mod hosts;
mod words;

pub(super) use hosts::Hosts;

use super::state::AppState;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use words::Words;

/// Where the card form is.
pub(super) const CARD: &str = "/pay/card";

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route(CARD, get(card))
        .route("/pay/card.js", get(|| script(include_str!("card.js"))))
        // The payment client names it where the provider leaves the asking to its script.
        .route("/pay/action", get(action))
        .route("/pay/action.js", get(|| script(include_str!("action.js"))))
        .route("/pay/pay.css", get(style))
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    lang: String,
    #[serde(default)]
    client_secret: String,
}

async fn card(State(state): State<AppState>, Query(asked): Query<Asked>) -> Response {
    let (form, ours) = (include_str!("card.html"), "/pay/card.js");
    page(&state, &asked, ours, form, |words| words.card)
}

async fn action(State(state): State<AppState>, Query(asked): Query<Asked>) -> Response {
    let (asking, ours) = (include_str!("action.html"), "/pay/action.js");
    page(&state, &asked, ours, asking, |words| words.bank)
}

/// The frame of both pages with this body, for `ours`, the script beside the provider's.
fn page(
    state: &AppState,
    asked: &Asked,
    ours: &str,
    body: &str,
    title: fn(&Words) -> &'static str,
) -> Response {
    let Some(hosts) = &state.hosts else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let words = Words::of(&asked.lang);
    let values = [
        ("lang", words.lang),
        ("title", title(words)),
        ("ours", ours),
        ("script", hosts.script()),
        ("pk", &state.page.card_element.publishable_key),
        ("client_secret", &asked.client_secret),
        ("card", words.card),
        ("save", words.save),
        ("saving", words.saving),
        ("saved", words.saved),
        ("another", words.another),
        ("unreachable", words.unreachable),
        ("bank", words.bank),
    ];
    let frame = include_str!("frame.html").replace("{{body}}", body);
    let html = values.into_iter().fold(frame, |html, (name, value)| {
        html.replace(&format!("{{{{{name}}}}}"), &escape(value))
    });
    let headers = [
        (header::CONTENT_SECURITY_POLICY, hosts.policy()),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, Html(html)).into_response()
}

/// Fit for text and quoted attributes; braces too, so that a value is never taken for a placeholder.
fn escape(value: &str) -> String {
    let mut safe = String::with_capacity(value.len());
    for letter in value.chars() {
        match letter {
            '&' | '<' | '>' | '"' | '\'' | '{' | '}' => {
                safe.push_str(&format!("&#{};", u32::from(letter)));
            }
            letter => safe.push(letter),
        }
    }
    safe
}

async fn script(text: &'static str) -> Response {
    asset("text/javascript; charset=utf-8", text)
}

async fn style() -> Response {
    asset("text/css; charset=utf-8", include_str!("pay.css"))
}

fn asset(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "public, max-age=300"),
    ];
    (headers, text).into_response()
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn no_value_becomes_markup_or_a_placeholder() {
        let safe = escape("\"><script>{{pk}}</script>&'");
        assert!(!safe.contains(['<', '>', '"', '\'', '{', '}']), "{safe}");
        assert_eq!(escape("pk_test_1"), "pk_test_1");
    }
}
