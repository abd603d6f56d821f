//! What whoever tests a shop may order while the simulator runs. JSON in, JSON out; secret key only.
//!
//! | call | body |
//! |---|---|
//! | `GET /control/faults` | |
//! | `POST /control/faults` | a [`Faults`] object, or the name of a preset as a JSON string |
//! | `POST /control/next` | `{"call": "capture", "fault": "lost_reply", "times": 1}` |
//! | `POST /control/rate` | `{"calls_per_s": 25}`, or `null` for no limit |
//! | `GET /control/clock` | |
//! | `POST /control/clock` | `{"advance_s": 604800}` |
//! | `POST /control/cards` | `{"card": fingerprint, "currency": "eur", "limit": 5000}`, or `null` |

use std::{io, num::NonZeroU32};

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{faulty::KINDS, refusal::Refusal};
use crate::{
    Faults, Simulator,
    bank::{Limit, Purse},
    faults::Fault,
    simulator,
};

type Sim = State<Simulator>;

/// How often a fault is ordered at most; a typing error must not fill the memory.
const MOST_TIMES: u32 = 100_000;

/// Faults in full, or a preset's name.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum NewFaults {
    Preset(String),
    Full(Box<Faults>),
}

/// One fault for the next calls of a kind.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Order {
    call: String,
    fault: Fault,
    #[serde(default = "once")]
    times: u32,
}

fn once() -> u32 {
    1
}

/// Another rate limit.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rate {
    calls_per_s: Option<NonZeroU32>,
}

/// How far to set the clock ahead.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Advance {
    advance_s: u64,
}

/// What a card can pay.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CardLimit {
    card: String,
    currency: String,
    limit: Option<u64>,
}

/// `GET /control/faults`
pub(super) async fn faults(State(sim): Sim) -> Json<Faults> {
    Json(sim.weather().faults())
}

/// `POST /control/faults`
pub(super) async fn change_faults(
    State(sim): Sim,
    Json(new): Json<NewFaults>,
) -> Result<Json<Faults>, Refusal> {
    let faults = match new {
        NewFaults::Preset(name) => name.parse(),
        NewFaults::Full(faults) => faults.checked(),
    };
    let faults = faults.map_err(|error| Refusal::invalid(error.to_string()))?;
    tracing::info!(%faults, "the weather changes");
    sim.weather().change(faults.clone());
    Ok(Json(faults))
}

/// `POST /control/next`
pub(super) async fn order(
    State(sim): Sim,
    Json(order): Json<Order>,
) -> Result<Json<Value>, Refusal> {
    if !KINDS.contains(&order.call.as_str()) || order.times > MOST_TIMES {
        let message = format!("call is one of {}", KINDS.join(", "));
        return Err(Refusal::invalid(message).param("call"));
    }
    sim.weather().order(&order.call, order.fault, order.times);
    Ok(Json(json!({"ordered": order.times})))
}

/// `POST /control/rate`
pub(super) async fn rate(State(sim): Sim, Json(rate): Json<Rate>) -> Json<Value> {
    sim.weather().limit(rate.calls_per_s);
    Json(json!({"calls_per_s": rate.calls_per_s}))
}

/// `GET /control/clock`
pub(super) async fn clock(State(sim): Sim) -> Json<Value> {
    let books = sim.books();
    let (now, ahead_s) = (simulator::now(&books.memory), books.memory.ahead_s);
    Json(json!({"now": now, "ahead_s": ahead_s}))
}

/// `POST /control/clock`
pub(super) async fn advance(
    State(sim): Sim,
    Json(advance): Json<Advance>,
) -> Result<Json<Value>, Refusal> {
    let now = sim
        .advance(advance.advance_s)
        .map_err(|error| unwritten(&error))?;
    Ok(Json(json!({"now": now})))
}

/// `POST /control/cards`
pub(super) async fn limit_card(
    State(sim): Sim,
    Json(card): Json<CardLimit>,
) -> Result<Json<Limit>, Refusal> {
    let limit = Limit {
        purse: Purse {
            card: card.card,
            currency: card.currency.to_ascii_lowercase(),
        },
        minor: card.limit,
    };
    sim.limit(limit.clone())
        .map_err(|error| unwritten(&error))?;
    Ok(Json(limit))
}

fn unwritten(error: &io::Error) -> Refusal {
    tracing::error!(%error, "the journal cannot be written");
    Refusal::out_of_order()
}
