//! Liveness, readiness and metrics, on a port that never faces the public.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use engine::Engine;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;

static METRICS: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

pub(crate) fn router(engine: Engine) -> Router {
    let metrics = METRICS.get_or_init(|| PrometheusBuilder::new().install_recorder().ok());
    Router::new()
        .route("/live", get(|| async { "live\n" }))
        .route("/ready", get(ready))
        .route(
            "/metrics",
            get(|| async {
                metrics
                    .as_ref()
                    .map(PrometheusHandle::render)
                    .unwrap_or_default()
            }),
        )
        .with_state(engine)
}

/// Ready means: Redis and the ledger answer. Only then may a balancer send people here.
async fn ready(State(engine): State<Engine>) -> (StatusCode, String) {
    let (redis, ledger) = tokio::join!(engine.store.ping(), engine.ledger.ping());
    let word = |result: &Result<(), engine::Error>| if result.is_ok() { "ok" } else { "down" };
    let body = format!("redis {}\nledger {}\n", word(&redis), word(&ledger));
    if redis.is_ok() && ledger.is_ok() {
        (StatusCode::OK, body)
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, body)
    }
}
