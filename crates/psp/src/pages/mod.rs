//! The pages a shopper's browser sees: the card element and the 3-D Secure challenge.
//!
//! Both are small, work in an `<iframe>` of Sluice's page, and talk to it only through
//! `postMessage` to the origin they were given. Scripts and styles are files of their own, so that
//! the content security policy can forbid everything inline. Routed by `api::router`.

pub(crate) mod challenge;
pub(crate) mod element;
mod origin;
mod template;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};

use origin::Origin;

/// The style of both pages.
pub(crate) async fn style() -> Response {
    asset("text/css; charset=utf-8", include_str!("pages.css"))
}

/// A page that may be framed by `parent` and by nobody else.
fn page(html: String, forms: &str, parent: Option<&Origin>) -> Response {
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
         base-uri 'none'; form-action {forms}; frame-ancestors {}",
        parent.map_or("'none'", Origin::as_str),
    );
    let Ok(policy) = HeaderValue::from_str(&policy) else {
        return refused("This page's address is wrong.");
    };
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        ),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
    ];
    (headers, Html(html)).into_response()
}

fn asset(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "public, max-age=300"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, text).into_response()
}

fn refused(why: &'static str) -> Response {
    (StatusCode::BAD_REQUEST, why).into_response()
}
