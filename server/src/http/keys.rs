//! The public keys that others check a pass with.

use super::state::AppState;
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

/// The keys that sign passes, as a JWK set (RFC 7517). A pass is a JWT (RFC 7519, `EdDSA`): `aud` is the
/// sale, `sub` the ticket's number, `exp` its end. Fetch it again when a `kid` is not in it.
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "buy", responses((status = 200, body = Object)))]
pub(super) async fn jwks(State(state): State<AppState>) -> impl IntoResponse {
    let keys = Json(state.engine.passes.public().clone());
    ([(header::CACHE_CONTROL, "public, max-age=300")], keys)
}
