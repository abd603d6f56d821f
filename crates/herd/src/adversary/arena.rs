//! A server with some of the layers, and the contests of one attacker on it.
//!
//! A server for each: the counters of networks are of fixed size, and hundreds of sales within their window, with budgets
//! to scale, would fill them.

use super::attackers::Attacker;
use super::captcha_desk::Desk;
use super::contest::{self, Contest, Venue};
use super::layers::{Defaults, Layers};
use crate::cli::AdversaryArgs;
use crate::client::Client;
use crate::edge::{Edge, Ready};
use crate::operator::Operator;
use crate::solver::Solver;
use crate::tally::Tally;
use crate::venue::cores;
use anyhow::{Context as _, Result};
use futures::{StreamExt as _, TryStreamExt as _};
use protocol::digest::tagged;
use std::sync::Arc;
use std::time::Duration;

/// Connections kept alive to the shop, and as many to its payment provider.
const CONNECTIONS: u32 = 256;
/// Patience for one request that is answered with "busy".
const PATIENCE: Duration = Duration::from_secs(60);

/// Holds an attacker's contests, one for each seed.
pub async fn hold(
    args: &AdversaryArgs,
    defaults: &Defaults,
    attacker: &'static Attacker,
    layers: Layers,
) -> Result<Vec<Contest>> {
    let desk = Arc::new(Desk::open().await?);
    let settings = layers.settings(args.honest, defaults, desk.url())?;
    let settings: Vec<(&str, String)> = settings
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect();
    let (edge, ready) = Edge::start(&settings).await?;
    let held = play(args, defaults, attacker, layers, desk, &ready).await;
    if held.is_err() {
        edge.print_log();
    }
    edge.stop().await;
    held
}

async fn play(
    args: &AdversaryArgs,
    defaults: &Defaults,
    attacker: &'static Attacker,
    layers: Layers,
    desk: Arc<Desk>,
    ready: &Ready,
) -> Result<Vec<Contest>> {
    let client = |url: &str| Client::new(url, CONNECTIONS, PATIENCE, Arc::new(Tally::default()));
    let shop = client(&ready.url)?;
    let login = Operator::login(shop.clone(), &ready.operator_password).await;
    let venue = Venue {
        operator: login.context("the operator cannot log in")?,
        // Budgets come back in minutes, and contests last seconds: a 429 is final.
        shop: shop.without_coming_back(),
        provider: client(&ready.psp_url)?,
        desk,
        solver: Arc::new(Solver::new(cores() as u32)),
        layers,
        easier: defaults.easier()?,
        honest: args.honest,
        units: args.units,
    };
    let venue = &venue;
    let contests =
        (0..args.seeds).map(|nth| contest::hold(venue, attacker, nth, seed(args.seed, nth)));
    futures::stream::iter(contests)
        .buffered(args.at_once as usize)
        .try_collect()
        .await
}

/// The seed of the nth contest: the same for every attacker and all layers.
fn seed(of_all: u64, nth: u32) -> u64 {
    let hash = tagged(
        "herd/contest/v1",
        &[&of_all.to_be_bytes(), &nth.to_be_bytes()],
    );
    hash.iter()
        .take(8)
        .fold(0, |seed, byte| seed << 8 | u64::from(*byte))
}
