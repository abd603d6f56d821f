//! One case: a few shoppers, an operator, workers that die, and what must be true in the end.

use super::faulty::Weather;
use super::shop::{SECRET, Town, WEBHOOK_SECRET};
use crate::audit::{self, Auditor};
use crate::ledger::{
    Claim, Intention, Ledger, LedgerUrl, PaymentRow, PaymentStatus, SaleRow, Seen, When,
};
use crate::{Engine, Error};
use hmac::{Hmac, KeyInit as _, Mac as _};
use protocol::digest::to_hex;
use protocol::ticket::Ticket;
use protocol::wire::{HoldPolicy, RefundRequest};
use protocol::{Currency, Money, SaleId, TicketNumber, UnitNo};
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use sha2::Sha256;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a case may take to become quiet, of our clock.
const PATIENCE: Duration = Duration::from_secs(120);
const PRICE: i64 = 12_900;

/// What becomes of the provider's events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Events {
    /// Some arrive, some twice.
    Some,
    /// None arrives.
    Lost,
    /// All arrive five times, in any order, among others that are not true.
    FiveTimesShuffled,
}

/// How a case ended: the status of every payment and of every order, and what went back.
pub(super) type Outcome = BTreeMap<String, String>;

/// One act of a schedule.
#[derive(Clone, Copy, Debug)]
enum Act {
    Authorize {
        shopper: u64,
        card: usize,
    },
    Approve {
        shopper: u64,
        approved: bool,
    },
    Claim {
        shopper: u64,
    },
    Leave {
        shopper: u64,
    },
    Refund {
        shopper: u64,
        minor: Option<i64>,
        restock: bool,
    },
    Events,
    End,
}

struct Case<'a> {
    town: &'a Arc<Town>,
    seed: u64,
    sale: SaleId,
    engine: Engine,
    events: Events,
    dice: StdRng,
    /// Units that were given out, as Redis would count them.
    next_unit: u32,
}

/// Runs one schedule to its end, with or without faults, and checks what must be true.
pub(super) async fn run(town: &Arc<Town>, seed: u64, events: Events, rough: bool) -> Outcome {
    let weather = Weather::new(seed, rough);
    let url = town.ledger();
    let stop = CancellationToken::new();
    let mut case = Case::open(town, seed, &url, &weather, events).await;
    let workers = 1 + seed % 2;
    let workers: Vec<_> = (0..workers)
        .map(|_| town.worker(url.clone(), weather.clone(), stop.clone()))
        .collect();
    for act in schedule(seed) {
        case.perform(act).await;
        if !rough {
            case.until_quiet("an act").await;
        }
    }
    weather.clears_up();
    let outcome = case.ends().await;
    stop.cancel();
    for worker in workers {
        tokio::task::spawn_blocking(move || worker.join().unwrap())
            .await
            .unwrap();
    }
    town.count(&weather);
    outcome
}

fn schedule(seed: u64) -> Vec<Act> {
    let mut dice = StdRng::seed_from_u64(seed);
    let shoppers = dice.random_range(1..4u64);
    let acts = dice.random_range(4..14);
    let mut schedule: Vec<Act> = (0..shoppers)
        .map(|shopper| Act::Authorize {
            shopper,
            card: card(&mut dice),
        })
        .collect();
    for _ in 0..acts {
        let shopper = dice.random_range(0..shoppers);
        schedule.push(match dice.random_range(0..20) {
            0..4 => Act::Authorize {
                shopper,
                card: card(&mut dice),
            },
            4..7 => Act::Approve {
                shopper,
                approved: dice.random_range(0..4) > 0,
            },
            7..13 => Act::Claim { shopper },
            13..14 => Act::Leave { shopper },
            14..17 => Act::Refund {
                shopper,
                minor: [None, Some(100), Some(PRICE / 2)][dice.random_range(0..3usize)],
                restock: dice.random_range(0..2) == 0,
            },
            17..19 => Act::Events,
            _ => Act::End,
        });
    }
    schedule
}

/// Mostly a good one.
fn card(dice: &mut StdRng) -> usize {
    [0, 0, 0, 0, 1, 2, 2, 3][dice.random_range(0..8usize)]
}

impl<'a> Case<'a> {
    async fn open(
        town: &'a Arc<Town>,
        seed: u64,
        url: &LedgerUrl,
        weather: &Arc<Weather>,
        events: Events,
    ) -> Self {
        let parts = town.parts(url, weather).await;
        let name = format!("case-{seed}-{}", to_hex(&parts.world.random::<4>()));
        let sale = SaleId::parse(&name).unwrap();
        parts
            .ledger
            .announce(announced(&sale, town.now()), town.now())
            .await
            .unwrap();
        Self {
            town,
            seed,
            sale,
            engine: Engine::unstarted(parts),
            events,
            dice: StdRng::seed_from_u64(seed ^ 0xca5e),
            next_unit: 0,
        }
    }

    fn ledger(&self) -> &Ledger {
        &self.engine.ledger
    }

    fn ticket(&self, shopper: u64) -> Ticket {
        Ticket {
            sale: self.sale.clone(),
            number: TicketNumber(shopper),
            shopper: [shopper as u8; 16],
            bound: false,
        }
    }

    async fn newest(&self, shopper: u64) -> Option<PaymentRow> {
        let ticket = self.ticket(shopper);
        let newest = self
            .ledger()
            .newest_payment(&self.sale, ticket.number, &ticket.shopper);
        newest.await.unwrap()
    }

    async fn perform(&mut self, act: Act) {
        let now = self.town.now();
        match act {
            Act::Authorize { shopper, card } => {
                let intention = intention(&self.ticket(shopper), &self.town.cards[card]);
                allow(self.ledger().intend_payment(intention, now).await);
            }
            Act::Approve { shopper, approved } => self.approve(shopper, approved).await,
            Act::Claim { shopper } => self.claim(shopper).await,
            Act::Leave { shopper } => self
                .ledger()
                .void_ticket(self.ticket(shopper), now)
                .await
                .unwrap(),
            Act::Refund {
                shopper,
                minor,
                restock,
            } => {
                let ticket = self.ticket(shopper);
                let order = self
                    .ledger()
                    .order_of(&self.sale, ticket.number, &ticket.shopper);
                if let Some(row) = order.await.unwrap() {
                    let request = RefundRequest {
                        minor,
                        restock: restock && minor.is_none(),
                    };
                    allow(
                        self.engine
                            .refund(&self.sale, &row.order.order, &request)
                            .await,
                    );
                }
            }
            Act::Events => {}
            Act::End => drop(
                self.ledger()
                    .void_losers(self.sale.clone(), now)
                    .await
                    .unwrap(),
            ),
        }
        self.tell_events().await;
    }

    /// The shopper says yes or no on the bank's page, and the page asks the shop what came of it.
    async fn approve(&self, shopper: u64, approved: bool) {
        let Some(row) = self.newest(shopper).await else {
            return;
        };
        let (PaymentStatus::RequiresAction, Some(page)) = (row.status, &row.action_url) else {
            return;
        };
        let (path, query) = page.split_once('?').unwrap();
        let button = if approved { "approve" } else { "refuse" };
        let pressing = self.town.http.post(format!("{path}/{button}"));
        pressing
            .header("content-type", "application/x-www-form-urlencoded")
            .body(query.to_owned())
            .send()
            .await
            .unwrap();
        self.ledger()
            .look_at(row.payment, self.town.now())
            .await
            .unwrap();
    }

    /// As `stock::buy` does once Redis has set a unit aside.
    async fn claim(&mut self, shopper: u64) {
        let Some(row) = self.newest(shopper).await else {
            return;
        };
        if row.status != PaymentStatus::Authorized {
            return;
        }
        let claim = claim_on(&row, self.next_unit);
        if allow(self.ledger().claim(claim, self.town.now()).await).is_some() {
            self.next_unit += 1;
        }
    }

    /// The provider's events of everything there is, and some that lie.
    async fn tell_events(&mut self) {
        let mut told = Vec::new();
        for payment in self.ledger().payment_entries(&self.sale).await.unwrap() {
            let Some(intent) = payment.intent else {
                continue;
            };
            for kind in [
                "created",
                "requires_action",
                "amount_capturable_updated",
                "succeeded",
                "canceled",
            ] {
                told.push((
                    format!("evt_{intent}_{kind}"),
                    format!("payment_intent.{kind}"),
                    intent.clone(),
                ));
            }
        }
        match self.events {
            Events::Lost => told.clear(),
            Events::Some => told.retain(|_| self.dice.random_range(0..6) == 0),
            Events::FiveTimesShuffled => {
                told = vec![told; 5].concat();
                told.shuffle(&mut self.dice);
            }
        }
        for (event, kind, intent) in told {
            let body = format!(
                r#"{{"id":"{event}","type":"{kind}","data":{{"object":{{"id":"{intent}"}}}}}}"#
            );
            let forged = self.dice.random_range(0..10) == 0;
            let secret = if forged {
                "whsec_of_somebody_else"
            } else {
                WEBHOOK_SECRET
            };
            let taken = self
                .engine
                .webhook(&sign(secret, self.town.now(), &body), body.as_bytes())
                .await;
            assert_eq!(taken.is_err(), forged, "{taken:?}");
        }
    }

    /// Until no duty is open and nothing is on its way.
    async fn until_quiet(&self, after: &str) {
        let waiting = async {
            loop {
                let tally = self.ledger().tally(&self.sale).await.unwrap();
                if tally.duties == 0 {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, waiting).await.is_err() {
            let tally = self.ledger().tally(&self.sale).await.unwrap();
            panic!(
                "schedule {}: after {after} it never became quiet: {tally:?}",
                self.seed
            );
        }
    }

    /// The sale ends, the weather is fine, and everything is settled.
    async fn ends(&self) -> Outcome {
        // What is on its way is released when it stands: more than one round may be needed.
        loop {
            let now = self.town.now();
            let released = self
                .ledger()
                .void_losers(self.sale.clone(), now)
                .await
                .unwrap();
            self.until_quiet("its end").await;
            if released == 0 {
                break;
            }
        }
        if self.bank().await["open_holds"] != 0 {
            audit::sweep(&self.engine, 0).await.unwrap();
            self.until_quiet("the sweep").await;
        }
        self.check().await
    }

    async fn bank(&self) -> serde_json::Value {
        let url = format!("{}/oracle/summary?sale={}", self.town.psp_url, self.sale);
        let asking = self.town.http.get(url).bearer_auth(SECRET).send();
        asking.await.unwrap().json().await.unwrap()
    }

    async fn check(&self) -> Outcome {
        let seed = self.seed;
        let bank = self.bank().await;
        for never in ["open_holds", "double_captures", "captured_and_voided"] {
            assert_eq!(bank[never], 0, "schedule {seed}: {never}: {bank}");
        }
        let tally = self.ledger().tally(&self.sale).await.unwrap();
        assert_eq!(
            bank["captured"], tally.captured_payments,
            "schedule {seed}: {bank}, {tally:?}"
        );
        assert_eq!(
            (
                tally.captured_without_order,
                tally.open_authorizations,
                tally.journal_sum
            ),
            (0, 0, 0),
            "schedule {seed}: {tally:?}"
        );
        let auditor = Auditor {
            ledger: self.ledger().clone(),
            store: Err("nobody asked redis".to_owned()),
            gateway: Ok(self.town.client.clone()),
            now: self.town.now(),
        };
        let report = auditor.payments(&self.sale).await.unwrap();
        assert_eq!(
            (report.difference, &report.offenders),
            (0, &Vec::new()),
            "schedule {seed}: {report:?}"
        );
        let faults = self
            .ledger()
            .faults(&self.sale, self.town.now())
            .await
            .unwrap();
        assert_eq!(faults, [], "schedule {seed}");
        let mut outcome = Outcome::new();
        for payment in self.ledger().payment_entries(&self.sale).await.unwrap() {
            let name = payment.payment.replace(self.sale.as_str(), "case");
            outcome.insert(name, payment.status);
        }
        for row in self.ledger().sold(&self.sale, 100, 0).await.unwrap() {
            outcome.insert(
                format!("unit {}", row.unit),
                format!("{} {}", row.status, row.refunded),
            );
        }
        outcome
    }
}

/// Ledgers of two processes race to claim a hold and to give it up, again and again; then the workers drive what
/// came of it. Answers how many were captured and how many voided, by the bank.
pub(super) async fn race(town: &Arc<Town>, races: u64) -> (u64, u64) {
    let weather = Weather::new(0, false);
    let url = town.ledger();
    let stop = CancellationToken::new();
    let case = Case::open(town, 0, &url, &weather, Events::Lost).await;
    let other = Ledger::open(&url).await.unwrap();
    let workers = [(); 2].map(|()| town.worker(url.clone(), weather.clone(), stop.clone()));
    for from in (0..races).step_by(100) {
        let shoppers: Vec<u64> = (from..(from + 100).min(races)).collect();
        for &shopper in &shoppers {
            let intention = intention(&case.ticket(shopper), &town.cards[0]);
            surely(async || {
                let now = town.now();
                case.ledger().intend_payment(intention.clone(), now).await
            })
            .await;
        }
        case.until_quiet("the holds").await;
        let racing = shoppers.iter().map(async |&shopper| {
            let claim = claim_on(&case.newest(shopper).await.unwrap(), shopper as u32);
            let claiming = surely(async || case.ledger().claim(claim.clone(), town.now()).await);
            let leaving =
                surely(async || other.void_ticket(case.ticket(shopper), town.now()).await);
            // Both first in turn, so that neither always wins.
            if shopper % 2 == 0 {
                tokio::join!(claiming, leaving);
            } else {
                tokio::join!(leaving, claiming);
            }
        });
        futures::future::join_all(racing).await;
    }
    case.until_quiet("the races").await;
    case.check().await;
    stop.cancel();
    for worker in workers {
        tokio::task::spawn_blocking(move || worker.join().unwrap())
            .await
            .unwrap();
    }
    let bank = case.bank().await;
    (
        bank["captured"].as_u64().unwrap(),
        bank["voided"].as_u64().unwrap(),
    )
}

/// Asks again while another process is in the way of the commit, as a shopper would: the acts are idempotent.
async fn surely<T>(act: impl AsyncFn() -> Result<T, Error>) -> Option<T> {
    loop {
        match act().await {
            Err(Error::NotCommitted | Error::Ledger(_)) => {}
            answer => return allow(answer),
        }
    }
}

/// A refusal is an answer; a fault of the ledger is not expected here.
fn allow<T>(answer: Result<T, Error>) -> Option<T> {
    match answer {
        Ok(done) => Some(done),
        Err(Error::ClaimRefused(_) | Error::Unprocessable(_) | Error::TicketInvalid) => None,
        Err(fault) => panic!("{fault}"),
    }
}

fn intention(ticket: &Ticket, card: &str) -> Intention {
    Intention {
        sale: ticket.sale.clone(),
        number: ticket.number,
        shopper: ticket.shopper,
        payment_method: card.to_owned(),
        email: "a@example.org".into(),
        amount: price(),
        when: When::Now,
    }
}

fn claim_on(row: &PaymentRow, unit: u32) -> Claim {
    Claim {
        order: format!("order-{}-{unit}", row.payment),
        sale: row.sale.clone(),
        epoch: 1,
        number: row.number,
        unit: UnitNo(unit),
        buyers: ["browser", "email", "card"]
            .map(|key| format!("{key}-{}-{}", row.number, row.attempt))
            .into(),
        payment: row.payment.clone(),
    }
}

fn sign(secret: &str, now_ms: u64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    let time = now_ms / 1000;
    mac.update(format!("{time}.{body}").as_bytes());
    format!("t={time},v1={}", to_hex(&mac.finalize().into_bytes()))
}

fn price() -> Money {
    Money {
        minor: PRICE,
        currency: Currency::parse("EUR").unwrap(),
    }
}

fn announced(sale: &SaleId, now: u64) -> SaleRow {
    SaleRow {
        sale: sale.clone(),
        title: "A case".into(),
        description: String::new(),
        price: price(),
        units: 100_000,
        lobby_at: now,
        opens_at: now,
        fold_in_ms: 0,
        rate: 1,
        limit_per_buyer: 1,
        paused: None,
        draw_secret: [1; 32],
        draw: None,
        beacon: None,
        policy: HoldPolicy::OnEntry,
        seen: Seen::default(),
        epoch: 1,
        ended_at: None,
    }
}
