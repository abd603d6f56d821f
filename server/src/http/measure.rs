//! How many requests each route answers, how, and how quickly: for Prometheus. The fast lane is not among
//! them; it has nothing to wait for.

use axum::extract::{MatchedPath, Request};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use metrics::{Histogram, SharedString};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// The route of joins.
pub(super) const JOIN: &str = "/api/v1/sales/{sale}/tickets";

/// A stranger may send any word as a method; each would be a time series of its own.
fn name_of(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}

/// Times one request.
pub(super) async fn time(request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>();
    let route = path.map_or("none", MatchedPath::as_str).to_owned();
    let method = name_of(request.method());
    let began = Instant::now();
    let response = next.run(request).await;
    record(route, method, response.status(), began.elapsed());
    response
}

/// Counts one answer.
pub(super) fn record(
    route: impl Into<SharedString>,
    method: &'static str,
    status: StatusCode,
    took: Duration,
) {
    let status = status.as_str().to_owned();
    metrics::histogram!("sluice_http_seconds", "route" => route, "method" => method, "status" => status)
        .record(took.as_secs_f64());
}

/// Counts a new place: the one answer that is given a hundred thousand times in a second, so its figure is looked up
/// once.
pub(super) fn record_place(took: Duration) {
    static PLACES: LazyLock<Histogram> = LazyLock::new(
        || metrics::histogram!("sluice_http_seconds", "route" => JOIN, "method" => "POST", "status" => "201"),
    );
    PLACES.record(took.as_secs_f64());
}
