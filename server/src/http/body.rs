//! Reading what was sent: JSON bodies and path segments, with refusals that say what is wrong.

use super::problem::Refusal;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, OptionalFromRequest, Path, Request};
use axum::http::{header, request::Parts};
use protocol::{ProblemKind, SaleId};
use serde::de::DeserializeOwned;

/// A JSON body.
pub(super) struct Body<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let content_type = request.headers().get(header::CONTENT_TYPE);
        let essence = content_type
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next());
        if essence.map(str::trim) != Some("application/json") {
            return Err(Refusal::of(ProblemKind::UnsupportedMediaType));
        }
        let bytes = read(request, state).await?;
        serde_json::from_slice(&bytes)
            .map(Self)
            .map_err(|error| Refusal::because(ProblemKind::BadRequest, error.to_string()))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> OptionalFromRequest<S> for Body<T> {
    type Rejection = Refusal;

    /// A request that names no content type has no body.
    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Refusal> {
        if !request.headers().contains_key(header::CONTENT_TYPE) {
            return Ok(None);
        }
        <Self as FromRequest<S>>::from_request(request, state)
            .await
            .map(Some)
    }
}

/// The body's bytes, up to the limit.
pub(super) async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Refusal> {
    Bytes::from_request(request, state)
        .await
        .map_err(|rejection| {
            Refusal::of(match rejection.status().as_u16() {
                413 => ProblemKind::BodyTooLarge,
                _ => ProblemKind::BadRequest,
            })
        })
}

/// The sale in the path; a text that cannot be one names no sale.
pub(super) struct SalePath(pub(super) SaleId);

impl<S: Send + Sync> FromRequestParts<S> for SalePath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let path =
            Path::<std::collections::HashMap<String, String>>::from_request_parts(parts, state)
                .await;
        let sale = path
            .ok()
            .and_then(|Path(path)| SaleId::parse(path.get("sale")?).ok());
        sale.map(Self)
            .ok_or_else(|| Refusal::of(ProblemKind::UnknownSale))
    }
}
