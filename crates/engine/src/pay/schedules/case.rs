//! One case: a few shoppers, an operator, and workers that die.

use super::events::Events;
use super::insist::{insist, surely};
use super::rows::{announced, claim_on, intention};
use super::schedule::{Act, schedule};
use super::town::Town;
use super::verdict::Outcome;
use super::weather::Weather;
use super::worker::Workers;
use crate::Engine;
use crate::ledger::{Ledger, LedgerUrl, PaymentRow, PaymentStatus, When};
use protocol::ticket::Ticket;
use protocol::wire::RefundRequest;
use protocol::{Rank, SaleId, TicketNumber};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use std::sync::Arc;

pub(super) struct Case<'a> {
    pub(super) town: &'a Arc<Town>,
    /// Named after the seed: so are its idempotency keys, and what befalls its calls.
    pub(super) sale: SaleId,
    pub(super) engine: Engine,
    pub(super) weather: Arc<Weather>,
    pub(super) events: Events,
    pub(super) dice: StdRng,
    /// Cards are kept until the next wave.
    by_rank: bool,
    /// Units that were given out, as Redis would count them.
    next_unit: u32,
}

/// Runs one schedule to its end, with or without faults, and checks what must be true.
pub(super) async fn run(town: &Arc<Town>, seed: u64, events: Events, rough: bool) -> Outcome {
    let weather = Weather::new(seed, rough);
    let url = town.ledger();
    let name = format!("case-{seed}-{events:?}").to_lowercase();
    let mut case = Case::open(town, &name, seed, &url, &weather, events).await;
    let workers = Workers::begin(town, 1 + seed % 2, &url, &weather);
    for act in schedule(seed) {
        case.perform(act).await;
        if !rough {
            case.until_quiet("an act").await;
        }
    }
    weather.clears_up();
    let outcome = case.ends().await;
    workers.end().await;
    town.count(&weather, &outcome);
    outcome
}

impl<'a> Case<'a> {
    pub(super) async fn open(
        town: &'a Arc<Town>,
        name: &str,
        seed: u64,
        url: &LedgerUrl,
        weather: &Arc<Weather>,
        events: Events,
    ) -> Self {
        let parts = town.parts(url, weather, Arc::default()).await;
        let sale = SaleId::parse(name).unwrap();
        // On a ledger of its own a second announcement is the same one: an answer that was lost.
        insist(async || {
            let row = announced(&sale, town.now());
            parts.ledger.announce(row, town.now()).await
        })
        .await;
        Self {
            town,
            sale,
            engine: Engine::unstarted(parts),
            weather: Arc::clone(weather),
            events,
            dice: StdRng::seed_from_u64(seed ^ 0xca5e),
            by_rank: seed % 4 == 3,
            next_unit: 0,
        }
    }

    pub(super) fn ledger(&self) -> &Ledger {
        &self.engine.ledger
    }

    pub(super) fn ticket(&self, shopper: u64) -> Ticket {
        Ticket {
            sale: self.sale.clone(),
            number: TicketNumber(shopper),
            shopper: [shopper as u8; 16],
            bound: false,
        }
    }

    pub(super) async fn newest(&self, shopper: u64) -> Option<PaymentRow> {
        let ticket = self.ticket(shopper);
        surely(async || {
            let newest = self
                .ledger()
                .newest_payment(&self.sale, ticket.number, &ticket.shopper);
            newest.await
        })
        .await
    }

    async fn perform(&mut self, act: Act) {
        match act {
            Act::Authorize { shopper, card } => self.authorize(shopper, card).await,
            Act::Approve { shopper, approved } => self.approve(shopper, approved).await,
            Act::Claim { shopper } => self.claim(shopper).await,
            Act::Leave { shopper } => {
                let ticket = self.ticket(shopper);
                surely(async || {
                    let now = self.town.now();
                    self.ledger().void_ticket(ticket.clone(), now).await
                })
                .await;
            }
            Act::Refund {
                shopper,
                minor,
                restock,
            } => {
                let restock = restock && minor.is_none();
                self.refund(shopper, &RefundRequest { minor, restock })
                    .await;
            }
            Act::Wave => self.wave().await,
            Act::Rest => self.rest().await,
            Act::End => drop(self.release_losers().await),
        }
        self.tell_events().await;
    }

    pub(super) async fn authorize(&self, shopper: u64, card: usize) {
        let when = match self.by_rank {
            true => When::AtRank(Some(Rank(shopper))),
            false => When::Now,
        };
        let card = self.town.card(card, self.by_rank).await;
        let intention = intention(&self.ticket(shopper), &card, when);
        insist(async || {
            let now = self.town.now();
            self.ledger().intend_payment(intention.clone(), now).await
        })
        .await;
    }

    /// As the tick does when the frontier nears: whose card is kept is asked for the hold.
    async fn wave(&self) {
        surely(async || {
            let now = self.town.now();
            self.ledger().owe_wave(&self.sale, u64::MAX, now).await
        })
        .await;
    }

    /// The shopper says yes or no on the bank's page, and the page asks the shop what came of it.
    async fn approve(&self, shopper: u64, approved: bool) {
        let Some(row) = self.newest(shopper).await else {
            return;
        };
        let (PaymentStatus::RequiresAction, Some(page)) = (row.status, &row.action_url) else {
            return;
        };
        self.town.press_on(page, approved).await;
        surely(async || {
            let now = self.town.now();
            self.ledger().look_at(row.payment.clone(), now).await
        })
        .await;
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
        let claiming = insist(async || self.ledger().claim(claim.clone(), self.town.now()).await);
        if claiming.await.is_some() {
            self.next_unit += 1;
        }
    }

    async fn refund(&self, shopper: u64, request: &RefundRequest) {
        let ticket = self.ticket(shopper);
        let order = surely(async || {
            let order = self
                .ledger()
                .order_of(&self.sale, ticket.number, &ticket.shopper);
            order.await
        })
        .await;
        if let Some(row) = order {
            insist(async || {
                let order = &row.order.order;
                self.engine.refund(&self.sale, order, request).await
            })
            .await;
        }
    }

    /// What cannot be bought with any more is released; answers how many holds.
    pub(super) async fn release_losers(&self) -> u64 {
        surely(async || {
            let now = self.town.now();
            self.ledger().void_losers(self.sale.clone(), now).await
        })
        .await
    }
}
