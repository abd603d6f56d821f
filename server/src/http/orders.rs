//! One click, and what became of it.

use super::body::SalePath;
use super::credentials::{AnyTickets, bearer};
use super::problem::{Answer, Refusal};
use super::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use protocol::wire::Order;
use protocol::{Problem, ProblemKind};

/// Buys one unit with a pass. 201 is said after the claim is durable; asking again answers 200 with the same order.
#[utoipa::path(post, path = "/sales/{sale}/orders", tag = "buy", params(("sale" = String, Path)),
    responses((status = 201, body = Order), (status = 200, body = Order),
        (status = 401, body = Problem, description = "pass_invalid, pass_expired"),
        (status = 409, body = Problem, description = "sold_out, limit_reached, authorization_required, wrong_phase")))]
pub(super) async fn buy(
    State(state): State<AppState>,
    SalePath(sale): SalePath,
    headers: HeaderMap,
) -> Answer<(StatusCode, Json<Order>)> {
    state.engine.sale(&sale)?;
    let token = bearer(&headers).ok_or_else(|| Refusal::of(ProblemKind::PassInvalid))?;
    let pass = state.engine.read_pass(&sale, token)?;
    let (order, new) = state.engine.buy(&pass).await?;
    let status = if new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(order)))
}

/// An order of one of the tickets that came along.
#[utoipa::path(get, path = "/orders/{order}", tag = "buy", params(("order" = String, Path)),
    responses((status = 200, body = Order), (status = 404, body = Problem, description = "unknown_order")))]
pub(super) async fn order(
    State(state): State<AppState>,
    Path(order): Path<String>,
    AnyTickets(tickets): AnyTickets,
) -> Answer<Json<Order>> {
    for ticket in &tickets {
        match state.engine.order(ticket, &order).await {
            Err(engine::Error::UnknownOrder) => {}
            found => return Ok(Json(found?)),
        }
    }
    Err(Refusal::of(ProblemKind::UnknownOrder))
}
