//! Liveness, readiness and metrics, on a port that never faces the public.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, put};
use axum::{Json, Router};
use engine::Engine;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;
use std::time::Duration;

/// Edges of the histograms of seconds.
const SECONDS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];
/// Edges of the histograms of sizes.
const SIZES: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];
/// Edges of the histogram of prices, in times of the usual one.
const PRICES: &[f64] = &[1.0, 1.25, 2.0, 4.0, 8.0, 16.0, 32.0];
/// Measurements pile up until they are sorted into their histograms, this often.
const SORT_EVERY: Duration = Duration::from_secs(5);

static METRICS: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

pub(crate) fn router(engine: Engine) -> Router {
    let metrics = METRICS.get_or_init(record);
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
        .merge(moments())
        .with_state(engine)
}

fn record() -> Option<PrometheusHandle> {
    let ending = |end: &str| Matcher::Suffix(end.to_owned());
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(ending("_seconds"), SECONDS)
        .and_then(|builder| builder.set_buckets_for_metric(ending("_size"), SIZES))
        .and_then(|builder| builder.set_buckets_for_metric(ending("_price"), PRICES))
        .and_then(PrometheusBuilder::install_recorder)
        .ok()?;
    let sorts = handle.clone();
    tokio::spawn(async move {
        let mut every = tokio::time::interval(SORT_EVERY);
        loop {
            every.tick().await;
            sorts.run_upkeep();
        }
    });
    Some(handle)
}

/// Arms the moments of a test build; a release has none.
fn moments() -> Router<Engine> {
    if !engine::seeded::FAILPOINTS {
        return Router::new();
    }
    let set = |armed: bool| {
        move |Path(moment): Path<String>| async move {
            match engine::moments::arm(&moment, armed) {
                true => StatusCode::NO_CONTENT,
                false => StatusCode::NOT_FOUND,
            }
        }
    };
    Router::new()
        .route("/moments", get(|| async { Json(engine::moments::held()) }))
        .route("/moments/{moment}", put(set(true)).delete(set(false)))
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
