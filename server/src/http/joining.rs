//! A join: by the route, or straight from the fast lane.
//!
//! A hundred thousand come in the same second, and each layer of the router costs as much as checking a proof.
//! The lane does what those layers do, in the same order, by the same functions, and nothing else.

use super::body::json_within;
use super::credentials::{KeyProof, ticket_cookie};
use super::origin::COMMON;
use super::problem::{Answer, Refusal};
use super::state::AppState;
use super::{measure, origin, told_as_problem};
use axum::Json;
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures::FutureExt as _;
use protocol::wire::JoinRequest;
use protocol::{ProblemKind, SaleId};
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::time::Instant;
use tokio::time::timeout;

/// The sale that a request wants to join, if it is a join.
pub(super) fn wanted(request: &Request) -> Option<SaleId> {
    if request.method() != Method::POST {
        return None;
    }
    let rest = request.uri().path().strip_prefix("/api/v1/sales/")?;
    SaleId::parse(rest.strip_suffix("/tickets")?).ok()
}

/// Answers a join without the router.
pub(super) async fn answer(
    state: AppState,
    sale: SaleId,
    peer: IpAddr,
    request: Request,
) -> Response {
    let began = Instant::now();
    let guarded = AssertUnwindSafe(timeout(
        state.timeout,
        checked(&state, &sale, peer, request),
    ));
    let mut response = match guarded.catch_unwind().await {
        Ok(Ok(answer)) => answer.unwrap_or_else(Refusal::into_response),
        Ok(Err(_)) => Refusal::of(ProblemKind::Timeout).into_response(),
        Err(panic) => told_as_problem(panic),
    };
    match response.status() {
        StatusCode::CREATED => measure::record_place(began.elapsed()),
        status => measure::record(measure::JOIN, "POST", status, began.elapsed()),
    }
    origin::add_common(response.headers_mut());
    response
}

async fn checked(
    state: &AppState,
    sale: &SaleId,
    peer: IpAddr,
    request: Request,
) -> Answer<Response> {
    let (parts, body) = request.into_parts();
    if !origin::is_ours(&parts.headers) {
        return Err(Refusal::of(ProblemKind::OriginRefused));
    }
    let proof = KeyProof::of(&parts, peer, state);
    let join = json_within(&parts.headers, body, state.body_max).await?;
    place(state, sale, &proof, &join).await
}

/// The place of whoever asks: 201 and a new one, or 200 and the one they had.
pub(super) async fn place(
    state: &AppState,
    sale: &SaleId,
    proof: &KeyProof,
    join: &JoinRequest,
) -> Answer<Response> {
    let (answer, new) = state.engine.join(sale, join, &proof.asked(state)).await?;
    let status = if new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let cookie = ticket_cookie(sale, &answer.ticket, state.address.secure);
    let cookie = [(header::SET_COOKIE, cookie)];
    let mut response = (status, cookie, Json(answer)).into_response();
    // Room for what every answer carries, in one step.
    response.headers_mut().reserve(COMMON);
    Ok(response)
}
