//! The card element: `GET /element?pk=…&origin=…&lang=en`, meant for an `<iframe>`.
//!
//! The number typed goes to `/v1/payment_methods` on this origin; the parent page gets the payment
//! method, brand and last four digits. The page is in English; other `lang`s get English too.

use axum::response::Response;

use super::{Origin, asset, page as framed, refused, template};
use crate::api::call::Query;

/// The page.
pub(crate) async fn page(Query(form): Query) -> Response {
    let Some(origin) = form.get("origin").and_then(Origin::parse) else {
        return refused(
            "The card element needs `origin`, the http(s) origin of the page around it.",
        );
    };
    let html = template::fill(
        include_str!("element.html"),
        &[
            ("pk", form.get("pk").unwrap_or_default()),
            ("origin", origin.as_str()),
        ],
    );
    framed(html, "'none'", Some(&origin))
}

/// Its script.
pub(crate) async fn script() -> Response {
    asset("text/javascript; charset=utf-8", include_str!("element.js"))
}
