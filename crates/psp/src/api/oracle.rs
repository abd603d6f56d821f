//! What auditors ask: where the money is, and what each intent says of itself.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State};
use serde::Serialize;

use super::call::Query;
use crate::{
    Simulator,
    bank::{Balance, Purse, Summary},
    model::Intent,
};

/// An intent as it says it is; compare with the summary, which the bank makes from the money alone.
#[derive(Serialize)]
pub(super) struct Claimed {
    id: String,
    status: &'static str,
    amount: u64,
    metadata: BTreeMap<String, String>,
}

/// A card's money in one currency, as its owner sees it.
#[derive(Serialize)]
pub(super) struct Statement {
    #[serde(flatten)]
    purse: Purse,
    #[serde(flatten)]
    balance: Balance,
    available: Option<u64>,
}

/// `GET /oracle/cards?card=…`: every card that money was ever held on, or one by its fingerprint
pub(super) async fn cards(
    State(sim): State<Simulator>,
    Query(form): Query,
) -> Json<Vec<Statement>> {
    let card = form.get("card");
    let books = sim.books();
    let bank = &books.memory.bank;
    let wanted = |purse: &&Purse| card.is_none_or(|card| purse.card == card);
    let statements = bank.purses().filter(wanted).map(|purse| {
        let balance = bank.balance(purse, sim.settings().card_limit);
        Statement {
            purse: purse.clone(),
            available: balance.available(),
            balance,
        }
    });
    Json(statements.collect())
}

/// `GET /oracle/summary?sale=…`
pub(super) async fn summary(State(sim): State<Simulator>, Query(form): Query) -> Json<Summary> {
    Json(sim.books().memory.bank.summary(form.get("sale")))
}

/// `GET /oracle/intents?sale=…`, newest first
pub(super) async fn intents(
    State(sim): State<Simulator>,
    Query(form): Query,
) -> Json<Vec<Claimed>> {
    let sale = form.get("sale");
    let wanted: Vec<Arc<Intent>> = sim
        .books()
        .memory
        .newest_first(None)
        .into_iter()
        .flatten()
        .filter(|intent| sale.is_none() || intent.sale() == sale)
        .cloned()
        .collect();
    Json(
        wanted
            .iter()
            .map(|intent| Claimed {
                id: intent.id.clone(),
                status: intent.status.name(),
                amount: intent.amount,
                metadata: intent.metadata.clone(),
            })
            .collect(),
    )
}
