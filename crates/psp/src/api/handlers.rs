//! The handlers of `/v1`: what changes something goes to `acts`, what reads looks into the books.

use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};

use super::{
    call::{Call, Query},
    refusal::Refusal,
    render,
};
use crate::{
    Simulator,
    acts::{confirm, create as open, customers, methods, refunds, settle},
};

type Sim = State<Simulator>;

/// `POST /v1/payment_methods`
pub(super) async fn save_method(State(sim): Sim, call: Call) -> Response {
    sim.act(call, |desk, call| methods::save(desk, &call.form))
        .await
}

/// `POST /v1/customers`
pub(super) async fn create_customer(State(sim): Sim, call: Call) -> Response {
    sim.act(call, |desk, call| customers::create(desk, &call.form))
        .await
}

/// `DELETE /v1/customers/{id}`
pub(super) async fn delete_customer(
    State(sim): Sim,
    Path(id): Path<String>,
    call: Call,
) -> Response {
    sim.act(call, |desk, _| customers::delete(desk, &id)).await
}

/// `POST /v1/payment_intents`
pub(super) async fn create(State(sim): Sim, call: Call) -> Response {
    sim.act(call, |desk, call| open::create(desk, &call.form))
        .await
}

/// `POST /v1/payment_intents/{id}/confirm`
pub(super) async fn confirm(State(sim): Sim, Path(id): Path<String>, call: Call) -> Response {
    sim.act(call, |desk, call| confirm::confirm(desk, &id, &call.form))
        .await
}

/// `POST /v1/payment_intents/{id}/capture`
pub(super) async fn capture(State(sim): Sim, Path(id): Path<String>, call: Call) -> Response {
    sim.act(call, |desk, call| settle::capture(desk, &id, &call.form))
        .await
}

/// `POST /v1/payment_intents/{id}/cancel`
pub(super) async fn cancel(State(sim): Sim, Path(id): Path<String>, call: Call) -> Response {
    sim.act(call, |desk, call| settle::cancel(desk, &id, &call.form))
        .await
}

/// `POST /v1/refunds`
pub(super) async fn refund(State(sim): Sim, call: Call) -> Response {
    sim.act(call, |desk, call| refunds::refund(desk, &call.form))
        .await
}

/// `GET /v1/payment_methods/{id}`
pub(super) async fn method(State(sim): Sim, Path(id): Path<String>) -> Response {
    sim.half_latency().await;
    let found = sim.books().memory.method(&id).cloned();
    sim.half_latency().await;
    match found {
        Some(method) => Json(render::method(&method)).into_response(),
        None => Refusal::not_found("PaymentMethod", &id, "payment_method").into_response(),
    }
}

/// `GET /v1/payment_intents/{id}`
pub(super) async fn intent(
    State(sim): Sim,
    Path(id): Path<String>,
    Query(form): Query,
) -> Response {
    sim.half_latency().await;
    let found = sim.books().memory.intent(&id).cloned();
    sim.half_latency().await;
    let expand = form.lists("expand", "latest_charge");
    match found {
        Some(intent) => Json(render::intent(&intent, expand)).into_response(),
        None => Refusal::not_found("payment_intent", &id, "intent").into_response(),
    }
}

/// `GET /v1/refunds/{id}`
pub(super) async fn refund_by_id(State(sim): Sim, Path(id): Path<String>) -> Response {
    sim.half_latency().await;
    let found = sim.books().memory.refund(&id).cloned();
    sim.half_latency().await;
    match found {
        Some(refund) => Json(render::refund(&refund)).into_response(),
        None => Refusal::not_found("refund", &id, "id").into_response(),
    }
}

/// `GET /v1/payment_intents?limit&starting_after&created[gte]`, newest first
pub(super) async fn list(State(sim): Sim, Query(form): Query) -> Response {
    let Ok(limit @ 1..=100) = form.get("limit").map_or(Ok(10), str::parse::<usize>) else {
        return Refusal::invalid("limit must be between 1 and 100")
            .param("limit")
            .into_response();
    };
    let after = form.get("starting_after");
    let Ok(since) = form.get("created[gte]").map_or(Ok(0), str::parse::<u64>) else {
        return Refusal::invalid("created[gte] must be a timestamp")
            .param("created")
            .into_response();
    };
    sim.half_latency().await;
    let page: Option<Vec<_>> = sim.books().memory.newest_first(after).map(|intents| {
        intents
            .take_while(|intent| intent.created >= since)
            .take(limit + 1)
            .cloned()
            .collect()
    });
    sim.half_latency().await;
    let Some(page) = page else {
        let id = after.unwrap_or_default();
        return Refusal::not_found("payment_intent", id, "starting_after").into_response();
    };
    let expand = form.lists("expand", "data.latest_charge");
    let data: Vec<_> = page
        .iter()
        .take(limit)
        .map(|intent| render::intent(intent, expand))
        .collect();
    Json(render::list(
        "/v1/payment_intents",
        &data,
        page.len() > limit,
    ))
    .into_response()
}
