//! A click on Buy and a place given back, at the same moment, on two edges.

use super::case::Case;
use super::events::Events;
use super::insist::{insist, surely};
use super::rows::claim_on;
use super::town::Town;
use super::weather::Weather;
use super::worker::Workers;
use crate::ledger::Ledger;
use std::sync::Arc;

/// Ledgers of two processes race to claim a hold and to give it up, again and again; then the workers drive what
/// came of it. Answers how many were captured and how many voided, by the bank.
pub(super) async fn race(town: &Arc<Town>, races: u64) -> (u64, u64) {
    let weather = Weather::new(0, false);
    let url = town.ledger();
    let case = Case::open(town, "race", 0, &url, &weather, Events::Lost).await;
    let other = surely(async || Ledger::open(&url).await).await;
    let workers = Workers::begin(town, 2, &url, &weather);
    for from in (0..races).step_by(100) {
        let shoppers: Vec<u64> = (from..(from + 100).min(races)).collect();
        let holds = shoppers.iter().map(|&shopper| case.authorize(shopper, 0));
        futures::future::join_all(holds).await;
        case.until_quiet("the holds").await;
        let racing = shoppers.iter().map(|&shopper| one(&case, &other, shopper));
        futures::future::join_all(racing).await;
    }
    case.until_quiet("the races").await;
    case.check().await;
    workers.end().await;
    let bank = case.bank().await;
    (
        bank["captured"].as_u64().unwrap(),
        bank["voided"].as_u64().unwrap(),
    )
}

async fn one(case: &Case<'_>, other: &Ledger, shopper: u64) {
    let town = case.town;
    let claim = claim_on(&case.newest(shopper).await.unwrap(), shopper as u32);
    let claiming = insist(async || case.ledger().claim(claim.clone(), town.now()).await);
    let leaving = insist(async || other.void_ticket(case.ticket(shopper), town.now()).await);
    // Both first in turn, so that neither always wins.
    if shopper.is_multiple_of(2) {
        tokio::join!(claiming, leaving);
    } else {
        tokio::join!(leaving, claiming);
    }
}
