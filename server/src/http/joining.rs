//! A join: by the route, or straight from the fast lane.
//!
//! A hundred thousand come in the same second, and each layer of the router costs as much as checking a proof.
//! The lane does what those layers do, in the same order, by the same functions, and nothing else.

use super::body::{self, json_within};
use super::credentials::{KeyProof, ticket_cookie};
use super::origin::COMMON;
use super::problem::{Answer, Refusal};
use super::state::AppState;
use super::{measure, origin, told_as_problem};
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures::FutureExt as _;
use protocol::wire::JoinRequest;
use protocol::{ProblemKind, SaleId};
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::time::Instant;
use tokio::time::timeout;

/// An answer with a way up a batch of 512 is not longer, bytes.
const BODY: usize = 1024;
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The sale that a request wants to join, if it is a join.
pub(super) fn wanted(request: &Request) -> Option<SaleId> {
    if request.method() != Method::POST {
        return None;
    }
    let rest = request.uri().path().strip_prefix("/api/v1/sales/")?;
    SaleId::parse(rest.strip_suffix("/tickets")?).ok()
}

/// Answers a join without the router.
///
/// All that the head says is read before there is anything to wait for: what waits then is small, and cheap to move.
pub(super) fn answer(
    state: AppState,
    sale: SaleId,
    peer: IpAddr,
    request: Request,
) -> impl Future<Output = Response> + Send + use<> {
    let began = Instant::now();
    let read = Read::of(&state, peer, request);
    async move {
        let response = answered(&state, &sale, read).await;
        finished(response, began)
    }
}

/// What there is of a request once its head was read.
struct Read {
    proof: KeyProof,
    body: Body,
}

impl Read {
    fn of(state: &AppState, peer: IpAddr, request: Request) -> Answer<Self> {
        let (parts, body) = request.into_parts();
        if !origin::is_ours(&parts.headers) {
            return Err(Refusal::of(ProblemKind::OriginRefused));
        }
        let proof = KeyProof::of(&parts, peer, state);
        body::is_json(&parts.headers)?;
        Ok(Self { proof, body })
    }
}

async fn answered(state: &AppState, sale: &SaleId, read: Answer<Read>) -> Response {
    // Only the body is waited for by the clock: whoever is in a batch hears what becomes of it, and a batch has the
    // patience of Redis and of the ledger. A timer for each of a hundred thousand is set and cleared for nothing.
    let placing = async {
        let Read { proof, body } = read?;
        let join = timeout(state.timeout, json_within(body, state.body_max)).await;
        let join = join.map_err(|_| Refusal::of(ProblemKind::Timeout))??;
        place(state, sale, &proof, join).await
    };
    match AssertUnwindSafe(placing).catch_unwind().await {
        Ok(answer) => answer.unwrap_or_else(Refusal::into_response),
        Err(panic) => told_as_problem(panic),
    }
}

fn finished(mut response: Response, began: Instant) -> Response {
    match response.status() {
        StatusCode::CREATED => measure::record_place(began.elapsed()),
        status => measure::record(measure::JOIN, "POST", status, began.elapsed()),
    }
    origin::add_common(response.headers_mut());
    response
}

/// The place of whoever asks: 201 and a new one, or 200 and the one they had.
pub(super) async fn place(
    state: &AppState,
    sale: &SaleId,
    proof: &KeyProof,
    join: JoinRequest,
) -> Answer<Response> {
    let asked = proof.asked(state);
    let placing = state.engine.join(sale, &join, &asked);
    drop(join);
    let (answer, new) = placing.await?;
    let status = if new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let mut body = Vec::with_capacity(BODY);
    serde_json::to_writer(&mut body, &answer).map_err(|_| Refusal::of(ProblemKind::Internal))?;
    let cookie = ticket_cookie(sale, &answer.ticket, state.address.secure);
    let cookie = HeaderValue::try_from(cookie).map_err(|_| Refusal::of(ProblemKind::Internal))?;
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    // Room for what every answer carries, in one step.
    headers.reserve(2 + COMMON);
    headers.insert(header::CONTENT_TYPE, JSON);
    headers.insert(header::SET_COOKIE, cookie);
    Ok(response)
}
