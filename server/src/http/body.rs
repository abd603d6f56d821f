//! Reading what was sent: JSON bodies and path segments, with refusals that say what is wrong.

use super::problem::Refusal;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, OptionalFromRequest, Path, Request};
use axum::http::{HeaderMap, header, request::Parts};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use protocol::{ProblemKind, SaleId};
use serde::de::DeserializeOwned;

/// A JSON body.
pub(super) struct Body<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        is_json(request.headers())?;
        let bytes = read(request, state).await?;
        parsed(&bytes).map(Self)
    }
}

/// Refuses a body that is not called JSON.
pub(super) fn is_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let essence = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next());
    match essence.map(str::trim) {
        Some("application/json") => Ok(()),
        _ => Err(Refusal::of(ProblemKind::UnsupportedMediaType)),
    }
}

fn parsed<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(bytes)
        .map_err(|error| Refusal::because(ProblemKind::BadRequest, error.to_string()))
}

/// A JSON body of at most so many bytes, for who has no router that keeps the limit.
pub(super) async fn json_within<T: DeserializeOwned>(
    body: axum::body::Body,
    most: usize,
) -> Result<T, Refusal> {
    let read = Limited::new(body, most).collect().await;
    let bytes = read.map_err(|error| {
        Refusal::of(if error.is::<LengthLimitError>() {
            ProblemKind::BodyTooLarge
        } else {
            ProblemKind::BadRequest
        })
    })?;
    parsed(&bytes.to_bytes())
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
