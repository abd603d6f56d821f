//! The snapshot, the same bytes for everyone. Neither route touches Redis or the ledger.

use super::body::SalePath;
use super::problem::{Answer, Refusal};
use super::state::AppState;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use engine::room::Published;
use futures::{Stream, StreamExt as _};
use protocol::Snapshot;
use protocol::wire::TranscriptEntry;
use std::convert::Infallible;
use tokio_stream::wrappers::WatchStream;

/// The state of a sale. Cacheable for a second by anyone; answers 304 to a known ETag.
#[utoipa::path(get, path = "/sales/{sale}/status", tag = "wait",
    params(("sale" = String, Path)),
    responses((status = 200, body = Snapshot), (status = 304), (status = 404, description = "unknown_sale")))]
pub(super) async fn status(
    State(state): State<AppState>,
    SalePath(sale): SalePath,
    headers: HeaderMap,
) -> Answer<Response> {
    Ok(answer(state.engine.status(&sale)?, &headers))
}

/// A snapshot as it goes out, or 304 to who has it.
pub(super) fn answer(published: Published, headers: &HeaderMap) -> Response {
    let Published { bytes, etag, .. } = published;
    let cached = headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == etag.as_bytes());
    let common = [
        (header::ETAG, &*etag),
        (header::CACHE_CONTROL, "public, max-age=1"),
    ];
    if cached {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    (common, [(header::CONTENT_TYPE, "application/json")], bytes).into_response()
}

/// The join transcript that the draw was made from: with the `draw` of the status, all that is needed to
/// recompute it. Empty before the draw, and never changes after it.
#[utoipa::path(get, path = "/sales/{sale}/transcript", tag = "wait",
    params(("sale" = String, Path)),
    responses((status = 200, body = [TranscriptEntry]), (status = 404, description = "unknown_sale")))]
pub(super) async fn transcript(
    State(state): State<AppState>,
    SalePath(sale): SalePath,
) -> Answer<Response> {
    let entries = state.engine.transcript(&sale).await?;
    let lifetime = match entries.is_empty() {
        true => "public, max-age=1",
        false => "public, max-age=86400",
    };
    Ok(([(header::CACHE_CONTROL, lifetime)], Json(entries)).into_response())
}

/// The event stream has no timeout, so it stands apart from the timed routes.
pub(super) fn stream() -> Router<AppState> {
    Router::new().route("/api/v1/sales/{sale}/events", get(events))
}

async fn events(
    State(state): State<AppState>,
    SalePath(sale): SalePath,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Refusal> {
    let watch = state.engine.watch(&sale)?;
    let snapshots = WatchStream::new(watch)
        .map(|published| {
            let text = String::from_utf8_lossy(&published.bytes).into_owned();
            Ok(Event::default().data(text))
        })
        .take_until(state.stop.clone().cancelled_owned());
    Ok(Sse::new(snapshots).keep_alive(KeepAlive::default()))
}
