//! The HTTP surface: routes, who may use them, and thin handlers that call `acts`.

pub(crate) mod call;
mod control;
mod faulty;
pub(crate) mod form;
mod gate;
mod handlers;
mod oracle;

pub(crate) mod refusal;
pub(crate) mod render;

use axum::{
    Json, Router,
    http::{Method, Uri},
    middleware,
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use serde_json::json;

use crate::{Simulator, api::refusal::Refusal, books::Answer, pages};

/// Every route of the simulator.
pub(crate) fn router(sim: Simulator) -> Router {
    let stripe = Router::new()
        .route("/v1/payment_methods", post(handlers::save_method))
        .route("/v1/payment_methods/{id}", get(handlers::method))
        .route(
            "/v1/payment_intents",
            post(handlers::create).get(handlers::list),
        )
        .route("/v1/payment_intents/{id}", get(handlers::intent))
        .route("/v1/payment_intents/{id}/confirm", post(handlers::confirm))
        .route("/v1/payment_intents/{id}/capture", post(handlers::capture))
        .route("/v1/payment_intents/{id}/cancel", post(handlers::cancel))
        .route("/v1/customers", post(handlers::create_customer))
        .route("/v1/customers/{id}", delete(handlers::delete_customer))
        .route("/v1/refunds", post(handlers::refund))
        .route("/v1/refunds/{id}", get(handlers::refund_by_id))
        .route_layer(middleware::from_fn_with_state(sim.clone(), gate::api));
    let oracle = Router::new()
        .route("/oracle/summary", get(oracle::summary))
        .route("/oracle/intents", get(oracle::intents))
        .route("/oracle/cards", get(oracle::cards))
        .route(
            "/control/faults",
            get(control::faults).post(control::change_faults),
        )
        .route("/control/next", post(control::order))
        .route("/control/rate", post(control::rate))
        .route("/control/clock", get(control::clock).post(control::advance))
        .route("/control/cards", post(control::limit_card))
        .route_layer(middleware::from_fn_with_state(sim.clone(), gate::oracle));
    let pages = Router::new()
        .route("/element", get(pages::element::page))
        .route("/element.js", get(pages::element::script))
        .route("/3ds/{intent}", get(pages::challenge::page))
        .route("/3ds/{intent}/approve", post(pages::challenge::approve))
        .route("/3ds/{intent}/refuse", post(pages::challenge::refuse))
        .route("/3ds.js", get(pages::challenge::script))
        .route("/pages.css", get(pages::style));
    Router::new()
        .merge(stripe)
        .merge(oracle)
        .merge(pages)
        .route("/health", get(health))
        .fallback(unknown)
        .with_state(sim)
}

async fn health() -> Response {
    Json(json!({"status": "ok"})).into_response()
}

async fn unknown(method: Method, uri: Uri) -> Refusal {
    Refusal::unknown_route(method.as_str(), uri.path())
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let body = match self {
            Self::Customer(customer) => render::customer(&customer),
            Self::Method(method) => render::method(&method),
            Self::Intent { intent, expand } => render::intent(&intent, expand),
            Self::Refund(refund) => render::refund(&refund),
            Self::Refused(refusal, intent) => return refusal.answer(intent.as_deref()),
        };
        Json(body).into_response()
    }
}
