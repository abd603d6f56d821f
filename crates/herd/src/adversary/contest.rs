//! One sale with an attacker in it.
//!
//! With a draw everybody prepares and joins in the lobby, and then the sale is opened. Without one they prepare in the
//! lobby and join after the opening: bots at once, people within a second.

use super::arrivals::{Arrival, everybody};
use super::attackers::Attacker;
use super::captcha_desk::Desk;
use super::layers::{FULL_SIZE, Layer, Layers};
use super::walk::{Outcome, Walker};
use crate::board::Board;
use crate::card::Provider;
use crate::client::Client;
use crate::clock::{Instant, unix_ms};
use crate::operator::Operator;
use crate::shop::Shop;
use crate::shopper::World;
use crate::solver::Solver;
use crate::tally::Tally;
use crate::watch;
use anyhow::{Context as _, Result};
use futures::StreamExt as _;
use protocol::wire::{HoldPolicy, JoinRequest, NewSale};
use protocol::{Currency, Money, Phase, SaleId};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OnceCell, Semaphore};
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

/// A lobby, in which bots can work ahead: as long as the window of the budgets by default, s.
pub const LOBBY_S: f64 = 600.0;
/// Admissions a second for each unit: a sale is decided in a moment.
const RATE_FOR_EACH_UNIT: u32 = 5;
/// A contest that takes longer never ends.
const WITHIN: Duration = Duration::from_secs(180);
/// Arrivals that prepare at once.
const PREPARING: usize = 64;
/// Where bots' cards begin, by number; those of the honest are below.
const BOTS_CARDS: u32 = 1_000_000;

/// Whatever a contest takes place in.
#[derive(Debug)]
pub struct Venue {
    /// The shop's client.
    pub shop: Client,
    /// The payment provider's.
    pub provider: Client,
    /// Announces and opens the sales.
    pub operator: Operator,
    /// Knows who has solved a CAPTCHA.
    pub desk: Arc<Desk>,
    /// Solves proofs.
    pub solver: Arc<Solver>,
    /// What stands against the attackers.
    pub layers: Layers,
    /// Times as much work a puzzle of a real sale is.
    pub easier: f64,
    /// Honest people, and as many bots.
    pub honest: u32,
    /// Units.
    pub units: u32,
}

/// What everybody in one contest shares.
#[derive(Debug)]
pub struct Stage {
    /// The sale, as one of the crowd sees it.
    pub world: World,
    /// Knows who has solved a CAPTCHA.
    pub desk: Arc<Desk>,
    /// Times as much work a puzzle of a real sale is.
    pub easier: f64,
    /// Takes a card out when so many stand before it.
    pub near: u64,
    /// The one proof of a replayer.
    pub replayed: OnceCell<Option<JoinRequest>>,
    attacker: &'static Attacker,
    hashes_left: Mutex<f64>,
    next_card: AtomicU32,
}

impl Stage {
    /// Takes so many hashes from what the attacker can do; false when it cannot do them in time.
    pub fn spend(&self, hashes: f64) -> bool {
        let mut left = self
            .hashes_left
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let can = *left >= hashes;
        if can {
            *left -= hashes;
        }
        can
    }

    /// The card of whoever comes near: people have one each, bots use theirs in turn.
    pub fn card(&self, arrival: &Arrival) -> u32 {
        match arrival.honest {
            true => arrival.index,
            false => {
                let next = self.next_card.fetch_add(1, Ordering::Relaxed);
                BOTS_CARDS + next % self.attacker.cards
            }
        }
    }
}

/// What came of a contest.
#[derive(Debug)]
pub struct Contest {
    /// Of everybody.
    pub outcomes: Vec<Outcome>,
    /// Cards that bots took out.
    pub cards: u32,
    /// Addresses that bots came from.
    pub addresses: u32,
    /// From the opening to the end, s.
    pub seconds: f64,
}

/// Holds one.
pub async fn hold(
    venue: &Venue,
    attacker: &'static Attacker,
    nth: u32,
    seed: u64,
) -> Result<Contest> {
    let playing = play(venue, attacker, nth, seed);
    let played = tokio::time::timeout(WITHIN, playing).await;
    played.with_context(|| format!("a contest with {} did not end", attacker.name))?
}

async fn play(venue: &Venue, attacker: &'static Attacker, nth: u32, seed: u64) -> Result<Contest> {
    let sale = SaleId::parse(&format!("{}-{nth}", attacker.name))?;
    let announced = venue.operator.announce(&new_sale(&sale, venue)?).await;
    announced.context("the sale cannot be announced")?;
    let shop = Shop::new(venue.shop.clone(), sale.clone());
    let first = shop.status().await.context("the sale has no status")?;
    let board = Arc::new(Board::new(first));
    let tally = Arc::new(Tally::default());
    let watching = watch::keep_fresh(shop.clone(), Arc::clone(&board), Arc::clone(&tally));
    let _watching = AbortOnDropHandle::new(tokio::spawn(watching));
    board.until(|shown| shown.phase == Phase::Lobby).await;

    let world = World {
        shop,
        provider: Provider::new(venue.provider.clone(), "pk_test_sluice".to_owned()),
        board: Arc::clone(&board),
        solver: Arc::clone(&venue.solver),
        tally,
        seed,
        typing: Duration::ZERO,
        cards_at_once: false,
        poll_each: false,
        page: None,
    };
    let scale = f64::from(venue.honest) / FULL_SIZE;
    let stage = Arc::new(Stage {
        world,
        desk: Arc::clone(&venue.desk),
        easier: venue.easier,
        near: u64::from(venue.units / 2),
        replayed: OnceCell::new(),
        attacker,
        hashes_left: Mutex::new(attacker.hashes_per_s * LOBBY_S * scale),
        next_card: AtomicU32::new(0),
    });
    let all = everybody(attacker, venue.honest, seed);
    let bots = all.iter().filter(|arrival| !arrival.honest);
    let addresses: BTreeSet<_> = bots.map(|bot| bot.address).collect();
    let walkers = prepare(&stage, all).await?;

    let drawn = venue.layers.has(Layer::Draw);
    let opening = async {
        let opened = venue.operator.open(&sale).await;
        opened.context("the sale cannot be opened")
    };
    if !drawn {
        opening.await?;
        board.until(|shown| shown.draw.seed.is_some()).await;
        let (journeys, _) = rush(&stage, walkers);
        return finish(&stage, journeys, Instant::now(), addresses.len()).await;
    }
    let count = walkers.len() as u32;
    let (journeys, joined) = rush(&stage, walkers);
    let everybody = joined.acquire_many(count).await;
    everybody.context("somebody never joined")?.forget();
    opening.await?;
    finish(&stage, journeys, Instant::now(), addresses.len()).await
}

/// Lets everybody solve what is asked of them.
async fn prepare(stage: &Arc<Stage>, all: Vec<Arrival>) -> Result<Vec<Walker>> {
    let walkers: Result<Vec<Walker>> = all.into_iter().map(|a| Walker::new(stage, a)).collect();
    let preparing = walkers?.into_iter().map(|walker| {
        let stage = Arc::clone(stage);
        tokio::spawn(async move { walker.prepare(&stage).await })
    });
    let prepared: Vec<_> = futures::stream::iter(preparing)
        .buffered(PREPARING)
        .collect()
        .await;
    let prepared: Result<Vec<Walker>, _> = prepared.into_iter().collect();
    prepared.context("somebody broke down")
}

/// Lets everybody press Join at their moment, and go on from there. The semaphore counts those who have an answer.
fn rush(stage: &Arc<Stage>, walkers: Vec<Walker>) -> (JoinSet<Outcome>, Arc<Semaphore>) {
    let (began, joined) = (Instant::now(), Arc::new(Semaphore::new(0)));
    let mut journeys = JoinSet::new();
    for mut walker in walkers {
        let (stage, joined) = (Arc::clone(stage), Arc::clone(&joined));
        journeys.spawn(async move {
            tokio::time::sleep_until(began + walker.press()).await;
            let seat = walker.join().await;
            joined.add_permits(1);
            walker.buy(&stage, seat).await
        });
    }
    (journeys, joined)
}

async fn finish(
    stage: &Stage,
    mut journeys: JoinSet<Outcome>,
    began: Instant,
    addresses: usize,
) -> Result<Contest> {
    let mut outcomes = Vec::with_capacity(journeys.len());
    while let Some(ended) = journeys.join_next().await {
        outcomes.push(ended.context("somebody broke down")?);
    }
    let cards = stage.next_card.load(Ordering::Relaxed);
    Ok(Contest {
        outcomes,
        cards: cards.min(stage.attacker.cards),
        addresses: addresses as u32,
        seconds: began.elapsed().as_secs_f64(),
    })
}

fn new_sale(sale: &SaleId, venue: &Venue) -> Result<NewSale> {
    Ok(NewSale {
        sale: sale.clone(),
        title: "A contest".to_owned(),
        description: String::new(),
        price: Money {
            minor: 12_900,
            currency: Currency::parse("EUR")?,
        },
        units: venue.units,
        lobby_at: None,
        // The operator opens it when everybody is there.
        opens_at: unix_ms() + 86_400_000,
        rate: Some(RATE_FOR_EACH_UNIT * venue.units),
        limit_per_buyer: venue.layers.limit_per_buyer(),
        expected: None,
        policy: Some(HoldPolicy::OnEntry),
    })
}
