//! The public routes. Each is a thin door: read the request, call the engine, say the answer.
//!
//! - [`shopper`], [`orders`]: the journey as JSON,
//! - [`status`]: the snapshot, the same bytes for everyone,
//! - [`operator`], [`console`]: the operator, as JSON and as plain forms; [`session`], [`logins`]: how they get in;
//!   [`export`]: the orders as a table,
//! - [`webhook`]: the payment provider; [`provider`]: its card form, where it brings a script,
//! - [`keys`]: what other shops check a pass with,
//! - [`pages`], [`assets`]: what a browser loads; [`shells`]: the pages that are the same for a whole crowd,
//!   [`nonceless`], [`twins`]: what makes them fit for everyone and small,
//! - [`lane`]: what a crowd asks for at once, in front of all of them; [`joining`]: the one of it that is no page,
//! - [`connections`]: how many there may be, and how slow; [`shares`]: and how many of one network,
//! - [`measure`]: how long answers take,
//! - [`problem`], [`body`], [`credentials`], [`client`], [`caller`], [`origin`]: how requests are read and refused.

mod assets;
mod body;
mod caller;
mod client;
pub(crate) mod connections;
mod console;
mod credentials;
mod export;
mod joining;
mod keys;
mod lane;
mod logins;
mod measure;
mod nonceless;
mod operator;
mod orders;
mod origin;
mod pages;
mod problem;
mod provider;
mod session;
pub(crate) mod shares;
mod shells;
mod shopper;
mod state;
mod status;
mod twins;
mod webhook;
mod wire;

pub use lane::Lane;
pub use state::{AppState, PublicAddress};

use axum::extract::DefaultBodyLimit;
use axum::http::Request;
use axum::response::IntoResponse as _;
use axum::{Json, Router, middleware, routing::get};
use problem::Refusal;
use protocol::{Problem, ProblemKind};
use std::any::Any;
use std::net::SocketAddr;
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::trace::TraceLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The description that is served at `/api/openapi.json`.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Sluice",
        description = "Flash sales: join, wait, authorize, buy with one click. Refusals are RFC 9457 problem details; `type` is stable."
    ),
    components(schemas(Problem))
)]
struct Api;

/// The public side, for whoever connects from an address: the fast lane, and all routes behind it.
pub fn service(state: AppState) -> impl Fn(SocketAddr) -> Lane {
    let routes = router(state.clone());
    move |peer| Lane::new(state.clone(), routes.clone(), peer)
}

/// All public routes over this state. Needs no port: a test can call it directly.
pub fn router(state: AppState) -> Router {
    let (api, openapi) = OpenApiRouter::with_openapi(Api::openapi())
        .routes(routes!(keys::jwks))
        .nest(
            "/api/v1",
            OpenApiRouter::new()
                .routes(routes!(shopper::sales))
                .routes(routes!(status::status))
                .routes(routes!(status::transcript))
                .routes(routes!(shopper::challenge))
                .routes(routes!(shopper::captcha))
                .routes(routes!(shopper::captcha_answer))
                .routes(routes!(shopper::join))
                .routes(routes!(shopper::standing, shopper::leave))
                .routes(routes!(shopper::authorize))
                .routes(routes!(shopper::pass))
                .routes(routes!(orders::buy))
                .routes(routes!(orders::order))
                .routes(routes!(operator::login))
                .routes(routes!(operator::sales, operator::announce))
                .routes(routes!(operator::edit))
                .routes(routes!(operator::acts))
                .routes(routes!(operator::orders))
                .routes(routes!(export::orders))
                .routes(routes!(operator::refund))
                .routes(routes!(operator::decisions))
                .routes(routes!(operator::clear))
                .routes(routes!(operator::act))
                .routes(routes!(operator::audit)),
        )
        .split_for_parts();

    let timed = api
        .route("/api/openapi.json", get(|| async { Json(openapi) }))
        .merge(console::router())
        .layer(middleware::from_fn(origin::refuse_other_sites))
        .merge(webhook::router())
        .layer(DefaultBodyLimit::max(state.body_max))
        .layer(middleware::from_fn_with_state(state.timeout, time_out));
    timed
        .merge(status::stream())
        .merge(assets::router(&state))
        .merge(provider::router())
        .merge(caller::router())
        .merge(pages::router(&state))
        .method_not_allowed_fallback(|| async { Refusal::of(ProblemKind::MethodNotAllowed) })
        .layer(CatchPanicLayer::custom(told_as_problem))
        .layer(middleware::from_fn(measure::time))
        .layer(TraceLayer::new_for_http().make_span_with(|request: &Request<_>| {
            tracing::debug_span!("request", method = %request.method(), path = request.uri().path())
        }))
        .layer(middleware::map_response(origin::common_headers))
        .with_state(state)
}

async fn time_out(
    axum::extract::State(limit): axum::extract::State<Duration>,
    request: axum::extract::Request,
    next: middleware::Next,
) -> axum::response::Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Refusal::of(ProblemKind::Timeout).into_response(),
    }
}

fn told_as_problem(_panic: Box<dyn Any + Send>) -> axum::response::Response {
    tracing::error!("a request panicked");
    Refusal::of(ProblemKind::Internal).into_response()
}
