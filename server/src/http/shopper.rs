//! The shopper's way as JSON: prove, join, authorize, be admitted, leave.

use super::body::{Body, SalePath};
use super::caller;
use super::credentials::{KeyProof, ProvenHolder, TicketHolder};
use super::joining;
use super::problem::Answer;
use super::state::AppState;
use axum::Json;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use protocol::Problem;
use protocol::wire::{
    Authorization, AuthorizeRequest, CaptchaAnswer, CaptchaRequest, CaptchaSeal, CaptchaSolution,
    ChallengeAnswer, ChallengeRequest, JoinAnswer, JoinRequest, PassAnswer, SaleInfo, Standing,
};
use std::net::SocketAddr;

/// All sales, the newest first.
#[utoipa::path(get, path = "/sales", tag = "sales", responses((status = 200, body = [SaleInfo])))]
pub(super) async fn sales(State(state): State<AppState>) -> Answer<Json<Vec<SaleInfo>>> {
    Ok(Json(state.engine.sales().await?))
}

/// A puzzle to solve before joining; harder, and with a CAPTCHA, for who looks automated. Stateless; expires within 120 s.
#[utoipa::path(post, path = "/sales/{sale}/challenge", tag = "join",
    params(("sale" = String, Path)), request_body = ChallengeRequest,
    responses((status = 200, body = ChallengeAnswer), (status = 409, body = Problem, description = "wrong_phase"),
        (status = 429, body = Problem, description = "rate_limited: very many ask from this network; `Retry-After`")))]
pub(super) async fn challenge(
    State(state): State<AppState>,
    SalePath(sale): SalePath,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Body(request): Body<ChallengeRequest>,
) -> Answer<Json<ChallengeAnswer>> {
    let caller = caller::of(&state, peer.ip(), &headers);
    Ok(Json(state.engine.challenge(&sale, &request, caller)?))
}

/// Something to solve, for a challenge that needs a CAPTCHA and whose work is done: a picture, a sound, or what an outside
/// service needs. Six for each challenge.
#[utoipa::path(post, path = "/sales/{sale}/captcha", tag = "join",
    params(("sale" = String, Path)), request_body = CaptchaRequest,
    responses((status = 200, body = CaptchaAnswer), (status = 409, body = Problem, description = "captcha_spent"),
        (status = 422, body = Problem, description = "challenge_invalid, proof_invalid"), (status = 503, body = Problem, description = "busy")))]
pub(super) async fn captcha(
    State(state): State<AppState>,
    SalePath(sale): SalePath,
    Body(request): Body<CaptchaRequest>,
) -> Answer<Json<CaptchaAnswer>> {
    Ok(Json(state.engine.captcha(&sale, &request).await?))
}

/// Answers a CAPTCHA; the seal is for the join. Three tries for each challenge.
#[utoipa::path(post, path = "/sales/{sale}/captcha/answers", tag = "join",
    params(("sale" = String, Path)), request_body = CaptchaSolution,
    responses((status = 200, body = CaptchaSeal), (status = 409, body = Problem, description = "captcha_spent"),
        (status = 422, body = Problem, description = "captcha_wrong"), (status = 503, body = Problem, description = "captcha_silent")))]
pub(super) async fn captcha_answer(
    State(state): State<AppState>,
    SalePath(sale): SalePath,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Body(solution): Body<CaptchaSolution>,
) -> Answer<Json<CaptchaSeal>> {
    let from = caller::of(&state, peer.ip(), &headers).address;
    Ok(Json(
        state.engine.solve_captcha(&sale, &solution, from).await?,
    ))
}

/// Joins with a solved puzzle. 201 for a new place, 200 for the one this shopper already had. Who joins with a
/// key gets a ticket that is bound to it, and gets it again only with a proof of that key.
#[utoipa::path(post, path = "/sales/{sale}/tickets", tag = "join",
    params(("sale" = String, Path), ("DPoP" = Option<String>, Header, description = "RFC 9449 proof of `key`")), request_body = JoinRequest,
    responses((status = 201, body = JoinAnswer), (status = 200, body = JoinAnswer),
        (status = 401, body = Problem, description = "proof_of_key: this key has a ticket already"),
        (status = 403, body = Problem, description = "captcha_required"),
        (status = 409, body = Problem, description = "challenge_spent, wrong_phase, sold_out"),
        (status = 422, body = Problem, description = "challenge_invalid, proof_invalid"),
        (status = 503, body = Problem, description = "busy, unavailable")))]
pub(super) async fn join(
    State(state): State<AppState>,
    SalePath(sale): SalePath,
    proof: KeyProof,
    Body(request): Body<JoinRequest>,
) -> Answer<Response> {
    joining::place(&state, &sale, &proof, request).await
}

/// Everything this ticket has.
#[utoipa::path(get, path = "/sales/{sale}/tickets/me", tag = "wait", params(("sale" = String, Path)),
    responses((status = 200, body = Standing), (status = 401, body = Problem, description = "ticket_missing, ticket_invalid")))]
pub(super) async fn standing(
    State(state): State<AppState>,
    TicketHolder(ticket): TicketHolder,
) -> Answer<Json<Standing>> {
    Ok(Json(state.engine.standing(&ticket).await?))
}

/// Gives the place back; the hold on the card is released. A bound ticket needs a proof of its key.
#[utoipa::path(delete, path = "/sales/{sale}/tickets/me", tag = "wait",
    params(("sale" = String, Path), ("DPoP" = Option<String>, Header, description = "RFC 9449 proof of the ticket's key")),
    responses((status = 204), (status = 401, body = Problem, description = "ticket_missing, ticket_invalid, proof_of_key"),
        (status = 409, body = Problem, description = "limit_reached: the ticket holds a unit")))]
pub(super) async fn leave(
    State(state): State<AppState>,
    ProvenHolder(ticket, _): ProvenHolder,
) -> Answer<StatusCode> {
    state.engine.leave(&ticket).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Holds the price on a card, or looks again at the hold that was asked for. A bound ticket needs a proof of its key.
#[utoipa::path(post, path = "/sales/{sale}/authorizations", tag = "pay",
    params(("sale" = String, Path), ("DPoP" = Option<String>, Header, description = "RFC 9449 proof of the ticket's key")),
    request_body = AuthorizeRequest,
    responses((status = 200, body = Authorization),
        (status = 401, body = Problem, description = "ticket_missing, ticket_invalid, proof_of_key"),
        (status = 409, body = Problem, description = "wrong_phase, sold_out"),
        (status = 410, body = Problem, description = "ticket_left")))]
pub(super) async fn authorize(
    State(state): State<AppState>,
    ProvenHolder(ticket, _): ProvenHolder,
    Body(request): Body<AuthorizeRequest>,
) -> Answer<Json<Authorization>> {
    Ok(Json(state.engine.authorize(&ticket, &request).await?))
}

/// The right to buy, for a ticket behind the frontier. A bound ticket needs a proof of its key, a new one for
/// each pass.
#[utoipa::path(post, path = "/sales/{sale}/passes", tag = "buy",
    params(("sale" = String, Path), ("DPoP" = Option<String>, Header, description = "RFC 9449 proof of the ticket's key")),
    responses((status = 200, body = PassAnswer),
        (status = 401, body = Problem, description = "ticket_missing, ticket_invalid, proof_of_key"),
        (status = 409, body = Problem, description = "sold_out, wrong_phase"),
        (status = 425, body = Problem, description = "not_called_yet, with `ahead`")))]
pub(super) async fn pass(
    State(state): State<AppState>,
    ProvenHolder(ticket, once): ProvenHolder,
) -> Answer<Json<PassAnswer>> {
    Ok(Json(state.engine.pass(&ticket, once).await?))
}
