//! The payment provider's door. No origin check: providers are not browsers; the signature decides.

use super::problem::{Answer, Refusal};
use super::state::AppState;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use protocol::ProblemKind;

pub(super) fn router() -> Router<AppState> {
    Router::new().route("/webhooks/stripe", post(stripe))
}

async fn stripe(
    State(state): State<AppState>,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Answer<StatusCode> {
    let body = body.map_err(|_| Refusal::of(ProblemKind::BodyTooLarge))?;
    let signature = headers
        .get("stripe-signature")
        .and_then(|value| value.to_str().ok());
    let signature =
        signature.ok_or_else(|| Refusal::because(ProblemKind::BadRequest, "not signed"))?;
    state.engine.webhook(signature, &body).await?;
    Ok(StatusCode::OK)
}
