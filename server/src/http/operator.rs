//! The operator's routes as JSON.

use super::body::{Body, SalePath};
use super::client;
use super::problem::{Answer, Refusal};
use super::session::{self, Operator};
use super::state::AppState;
use axum::Json;
use axum::extract::{ConnectInfo, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum_extra::extract::CookieJar;
use engine::audit::Report;
use engine::sale::Act;
use protocol::wire::{
    Decision, HoldPlan, LoggedAct, LoginRequest, NewSale, Refund, RefundRequest, SaleEdit,
    SaleInfo, SoldOrder,
};
use protocol::{Phase, Problem, ProblemKind, SaleId};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// An open session.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Session {
    /// Send it as a bearer token; browsers have it as a cookie.
    token: String,
}

/// What goes with an act.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ActRequest {
    /// With `pause`: what everyone reads meanwhile.
    #[serde(default)]
    message: Option<String>,
    /// With `rate`: admissions per second.
    #[serde(default)]
    rate: Option<u32>,
}

/// Where the sale stands after the act.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct ActAnswer {
    phase: Phase,
}

/// Opens a session.
#[utoipa::path(post, path = "/operator/login", tag = "operator", request_body = LoginRequest,
    responses((status = 200, body = Session), (status = 401, body = Problem), (status = 429, body = Problem)))]
pub(super) async fn login(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    jar: CookieJar,
    Body(request): Body<LoginRequest>,
) -> Answer<(CookieJar, Json<Session>)> {
    let from = client::address(peer.ip(), &headers, state.trusted_hops);
    let token = session::log_in(&state, from, &request.password)?;
    let jar = jar.add(session::cookie(token.clone(), state.address.secure));
    Ok((jar, Json(Session { token })))
}

/// All sales.
#[utoipa::path(get, path = "/operator/sales", tag = "operator", responses((status = 200, body = [SaleInfo])))]
pub(super) async fn sales(
    _: Operator,
    State(state): State<AppState>,
) -> Answer<Json<Vec<SaleInfo>>> {
    Ok(Json(state.engine.sales().await?))
}

/// A sale that was announced, and what its holds will come to.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Announced {
    #[serde(flatten)]
    info: SaleInfo,
    holds: HoldPlan,
}

/// Announces a sale; the commitment to its draw is public from now on. With `expected` the policy of the holds
/// follows from the crowd and the provider's limit, and the answer says why.
#[utoipa::path(post, path = "/operator/sales", tag = "operator", request_body = NewSale,
    responses((status = 201, body = Announced), (status = 422, body = Problem)))]
pub(super) async fn announce(
    _: Operator,
    State(state): State<AppState>,
    Body(new): Body<NewSale>,
) -> Answer<(StatusCode, Json<Announced>)> {
    let (info, holds) = state.engine.announce_with_plan(&new).await?;
    Ok((StatusCode::CREATED, Json(Announced { info, holds })))
}

/// Changes what a sale says of itself, and, while it has not opened, when it opens.
#[utoipa::path(patch, path = "/operator/sales/{sale}", tag = "operator", params(("sale" = String, Path)), request_body = SaleEdit,
    responses((status = 200, body = SaleInfo), (status = 409, body = Problem, description = "wrong_phase"),
        (status = 422, body = Problem)))]
pub(super) async fn edit(
    _: Operator,
    State(state): State<AppState>,
    SalePath(sale): SalePath,
    Body(edit): Body<SaleEdit>,
) -> Answer<Json<SaleInfo>> {
    Ok(Json(state.engine.edit(&sale, &edit).await?))
}

/// What was done to a sale, the latest first, a hundred at a time.
#[utoipa::path(get, path = "/operator/sales/{sale}/acts", tag = "operator",
    params(("sale" = String, Path), From), responses((status = 200, body = [LoggedAct])))]
pub(super) async fn acts(
    _: Operator,
    State(state): State<AppState>,
    SalePath(sale): SalePath,
    Query(From { from }): Query<From>,
) -> Answer<Json<Vec<LoggedAct>>> {
    Ok(Json(state.engine.acts(&sale, from).await?))
}

/// From which entry on.
#[derive(Deserialize, utoipa::IntoParams)]
pub(super) struct From {
    /// Entries that were read already.
    #[serde(default)]
    from: u32,
}

/// The orders of a sale, the newest first, a hundred at a time.
#[utoipa::path(get, path = "/operator/sales/{sale}/orders", tag = "operator",
    params(("sale" = String, Path), From), responses((status = 200, body = [SoldOrder])))]
pub(super) async fn orders(
    _: Operator,
    State(state): State<AppState>,
    SalePath(sale): SalePath,
    Query(From { from }): Query<From>,
) -> Answer<Json<Vec<SoldOrder>>> {
    Ok(Json(state.engine.sold(&sale, from).await?))
}

/// Gives money of an order back, all of it or a part; with `restock` its unit goes to the next in line. 202: the
/// provider is being asked, and the order tells what became of it.
#[utoipa::path(post, path = "/operator/sales/{sale}/orders/{order}/refund", tag = "operator",
    params(("sale" = String, Path), ("order" = String, Path)), request_body = Option<RefundRequest>,
    responses((status = 202, body = Refund), (status = 404, body = Problem, description = "unknown_order"),
        (status = 422, body = Problem, description = "not paid, more than is left, or a refund is under way")))]
pub(super) async fn refund(
    _: Operator,
    State(state): State<AppState>,
    Path((sale, order)): Path<(String, String)>,
    request: Option<Body<RefundRequest>>,
) -> Answer<(StatusCode, Json<Refund>)> {
    let sale = SaleId::parse(&sale).map_err(|_| Refusal::of(ProblemKind::UnknownSale))?;
    let request = request.map(|Body(request)| request).unwrap_or_default();
    let refund = state.engine.refund(&sale, &order, &request).await?;
    Ok((StatusCode::ACCEPTED, Json(refund)))
}

/// Why shoppers of a sale were asked for more than others, the latest first, a hundred at a time. Gone a day after the
/// sale is over.
#[utoipa::path(get, path = "/operator/sales/{sale}/decisions", tag = "operator",
    params(("sale" = String, Path), From), responses((status = 200, body = [Decision])))]
pub(super) async fn decisions(
    _: Operator,
    State(state): State<AppState>,
    SalePath(sale): SalePath,
    Query(From { from }): Query<From>,
) -> Answer<Json<Vec<Decision>>> {
    Ok(Json(state.engine.decisions(&sale, from).await?))
}

/// Holds nothing against a shopper any more, by the reference that they were shown.
#[utoipa::path(post, path = "/operator/sales/{sale}/decisions/{who}/clear", tag = "operator",
    params(("sale" = String, Path), ("who" = String, Path)),
    responses((status = 204), (status = 422, body = Problem, description = "nothing was decided about this shopper")))]
pub(super) async fn clear(
    _: Operator,
    State(state): State<AppState>,
    Path((sale, who)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let sale = SaleId::parse(&sale).map_err(|_| Refusal::of(ProblemKind::UnknownSale))?;
    state.engine.clear(&sale, &who).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Does something to a sale: `open`, `pause`, `resume`, `end` or `rate`.
#[utoipa::path(post, path = "/operator/sales/{sale}/{act}", tag = "operator",
    params(("sale" = String, Path), ("act" = String, Path)), request_body = Option<ActRequest>,
    responses((status = 200, body = ActAnswer), (status = 409, body = Problem, description = "wrong_phase")))]
pub(super) async fn act(
    _: Operator,
    State(state): State<AppState>,
    Path((sale, act)): Path<(String, String)>,
    request: Option<Body<ActRequest>>,
) -> Answer<Json<ActAnswer>> {
    let sale = SaleId::parse(&sale).map_err(|_| Refusal::of(ProblemKind::UnknownSale))?;
    let request = request.map(|Body(request)| request);
    let message = request.as_ref().and_then(|request| request.message.clone());
    let act = parse(&act, request.and_then(|request| request.rate))?;
    let phase = perform(&state, &sale, act, message).await?;
    Ok(Json(ActAnswer { phase }))
}

/// Checks the invariants of a sale, now.
#[utoipa::path(get, path = "/operator/sales/{sale}/audit", tag = "operator", params(("sale" = String, Path)),
    responses((status = 200, description = "the report; `ok` is false when an invariant is broken")))]
pub(super) async fn audit(
    _: Operator,
    State(state): State<AppState>,
    SalePath(sale): SalePath,
) -> Answer<Json<Report>> {
    Ok(Json(state.engine.audit(&sale).await?))
}

pub(super) fn parse(act: &str, rate: Option<u32>) -> Answer<Act> {
    Ok(match (act, rate) {
        ("open", _) => Act::Open,
        ("pause", _) => Act::Pause,
        ("resume", _) => Act::Resume,
        ("end", _) => Act::End,
        ("rate", Some(rate)) => Act::Rate(rate),
        ("rate", None) => return Err(Refusal::because(ProblemKind::BadRequest, "rate is missing")),
        _ => return Err(Refusal::of(ProblemKind::NotFound)),
    })
}

pub(super) async fn perform(
    state: &AppState,
    sale: &SaleId,
    act: Act,
    message: Option<String>,
) -> Answer<Phase> {
    let message = message.unwrap_or_else(|| "The sale is paused. Your place is kept.".to_owned());
    if message.chars().count() > 200 {
        return Err(Refusal::because(
            ProblemKind::Unprocessable,
            "message has at most 200 characters",
        ));
    }
    Ok(state.engine.act(sale, act, &message).await?)
}
