//! One shopper's journey, from pressing Join to an order or to "sold out".
//!
//! Each stage is boxed: while a shopper waits, all that is kept of the journey is the ticket and a
//! place on the board.

use crate::board::{Board, Turn, is_over};
use crate::card::{self, Provider};
use crate::client::Refusal;
use crate::clock::Instant;
use crate::pace::{NoShow, Plan};
use crate::shop::Shop;
use crate::solver::{Proof, Solver};
use crate::tally::{Step, Tally, Win};
use protocol::digest::{tagged, to_hex};
use protocol::place::{Place, place_of};
use protocol::wire::{AuthorizationStatus, AuthorizeRequest, JoinAnswer};
use protocol::{Phase, ProblemKind, TicketNumber};
use rand::RngExt as _;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// What all shoppers share.
#[derive(Debug)]
pub struct World {
    /// The shop and its sale.
    pub shop: Shop,
    /// The payment provider.
    pub provider: Provider,
    /// The board to watch.
    pub board: Arc<Board>,
    /// The solver of proofs.
    pub solver: Solver,
    /// What was seen.
    pub tally: Arc<Tally>,
    /// Tells this crowd's cards, devices and emails from those of another.
    pub seed: u64,
    /// Longest time to type a card.
    pub typing: Duration,
    /// Everyone polls for themselves.
    pub poll_each: bool,
    /// A page that is loaded before joining.
    pub page: Option<String>,
}

/// How a journey ends, when nothing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Bought,
    SoldOut,
    NoShow,
    TurnedAway,
}

/// Where a journey broke off, and why.
type Trouble = (Step, Refusal);

/// Goes the whole way and tallies how it ended. `pressed` is when Join should have been pressed: what
/// comes later because the crowd is slow counts as waiting.
pub async fn walk(world: Arc<World>, plan: Plan, proof: Option<Box<Proof>>, pressed: Instant) {
    world.tally.arrived.add(1);
    match journey(&world, plan, proof, pressed).await {
        Ok(End::Bought) => {}
        Ok(End::SoldOut) => world.tally.lose(),
        Ok(End::NoShow) => world.tally.no_shows.add(1),
        Ok(End::TurnedAway) => world.tally.turned_away.add(1),
        Err((step, refusal)) => world.tally.error(step, &refusal),
    }
    world.tally.finished.add(1);
}

async fn journey(
    world: &Arc<World>,
    plan: Plan,
    proof: Option<Box<Proof>>,
    pressed: Instant,
) -> Result<End, Trouble> {
    let Some(joined) = Box::pin(world.join(plan, proof, pressed)).await? else {
        return Ok(End::TurnedAway);
    };
    let mut call = Call::of(world, joined.number);
    if !Box::pin(world.authorize(plan, &joined, &mut call)).await? {
        return Ok(End::SoldOut);
    }
    if plan.no_show == Some(NoShow::Vanishes) {
        return Ok(End::NoShow);
    }
    match call.turn().await {
        Turn::Called => Box::pin(world.buy(plan, &joined.ticket)).await,
        Turn::Over => Ok(End::SoldOut),
    }
}

/// A turn that was or will be heard.
struct Call {
    heard: Option<Turn>,
    coming: Pin<Box<dyn Future<Output = Turn> + Send>>,
}

impl Call {
    fn of(world: &Arc<World>, number: TicketNumber) -> Self {
        let coming: Pin<Box<dyn Future<Output = Turn> + Send>> = if world.poll_each {
            let world = Arc::clone(world);
            Box::pin(async move { world.poll(number).await })
        } else {
            let turn = world.board.turn(number);
            // The board is never dropped before the shoppers; if it were, the sale would be over.
            Box::pin(async move { turn.await.unwrap_or(Turn::Over) })
        };
        Self {
            heard: None,
            coming,
        }
    }

    async fn turn(&mut self) -> Turn {
        if let Some(turn) = self.heard {
            return turn;
        }
        let turn = self.coming.as_mut().await;
        self.heard = Some(turn);
        turn
    }
}

impl World {
    /// The device of a shopper, as its browser would hash it.
    pub fn device(&self, index: u32) -> String {
        let parts: [&[u8]; 2] = [&self.seed.to_be_bytes(), &index.to_be_bytes()];
        to_hex(&tagged("herd/device/v1", &parts))
    }

    /// A proof for a shopper.
    pub async fn prove(&self, index: u32) -> Result<Proof, Refusal> {
        self.solver.prove(&self.shop, &self.device(index)).await
    }

    /// Joins; `None` when the sale is over already.
    async fn join(
        &self,
        plan: Plan,
        proof: Option<Box<Proof>>,
        pressed: Instant,
    ) -> Result<Option<JoinAnswer>, Trouble> {
        if let Some(page) = &self.page {
            self.shop.page(page).await.map_err(|r| (Step::Page, r))?;
        }
        let mut proof = proof.filter(|proof| proof.is_fresh());
        loop {
            let mine = match proof.take() {
                Some(proof) => proof,
                None => match self.prove(plan.index).await {
                    Ok(proof) => Box::new(proof),
                    Err(refusal) if self.tells_the_end(&refusal).await => return Ok(None),
                    Err(refusal) => return Err((Step::Challenge, refusal)),
                },
            };
            match self.shop.join(&mine.request).await {
                Ok(joined) => {
                    self.tally.place(pressed.elapsed(), plan.late);
                    return Ok(Some(joined));
                }
                // It expired while the shop was busy.
                Err(refusal) if refusal.is(ProblemKind::ChallengeInvalid) && !mine.is_fresh() => {
                    self.tally.retries.add(1);
                }
                Err(refusal) if self.tells_the_end(&refusal).await => return Ok(None),
                Err(refusal) => return Err((Step::Join, refusal)),
            }
        }
    }

    /// Gets the price held on a card; false when the sale ended first.
    async fn authorize(
        &self,
        plan: Plan,
        joined: &JoinAnswer,
        call: &mut Call,
    ) -> Result<bool, Trouble> {
        tokio::time::sleep(self.typing.mul_f64(rand::rng().random())).await;
        let good = card::number(self.seed.wrapping_add(u64::from(plan.index)));
        let declining = plan.declines.then(|| card::DECLINING.to_owned());
        for number in declining.into_iter().chain([good]) {
            let expected = match number == card::DECLINING {
                true => AuthorizationStatus::Declined,
                false => AuthorizationStatus::Authorized,
            };
            let status = match self.hold(plan, &number, joined, call).await {
                Ok(Some(status)) => status,
                Ok(None) => return Ok(false),
                Err((_, refusal)) if self.tells_the_end(&refusal).await => return Ok(false),
                Err(trouble) => return Err(trouble),
            };
            match status {
                status if status != expected && self.board.is_over() => return Ok(false),
                status if status != expected => {
                    let body = format!("{expected:?} was expected, {status:?} came");
                    let (status, problem) = (200, None);
                    return Err((
                        Step::Authorize,
                        Refusal {
                            status,
                            problem,
                            body,
                        },
                    ));
                }
                AuthorizationStatus::Declined => self.tally.declined.add(1),
                _ => self.tally.authorized.add(1),
            }
        }
        Ok(true)
    }

    /// Tries one card and looks until the bank has answered; `None` when the sale ended first.
    async fn hold(
        &self,
        plan: Plan,
        number: &str,
        joined: &JoinAnswer,
        call: &mut Call,
    ) -> Result<Option<AuthorizationStatus>, Trouble> {
        let saved = self.provider.save(number).await;
        let request = AuthorizeRequest {
            payment_method: saved.map_err(|r| (Step::Card, r))?,
            email: format!("shopper-{:x}-{}@crowd.example", self.seed, plan.index),
        };
        let asked = self.shop.authorize(&joined.ticket, &request).await;
        let mut status = asked.map_err(|r| (Step::Authorize, r))?.status;
        let mut pause = LOOK;
        while status == AuthorizationStatus::Processing {
            if self.board.is_over() {
                return Ok(None);
            }
            pause = match place_of(joined.number, &self.board.newest()) {
                Place::Called { .. } => LOOK,
                Place::Waiting {
                    eta_s: (0..=2, _), ..
                } => LOOK,
                Place::Lobby | Place::Waiting { .. } => (pause * 3 / 2).min(LOOK_FAR),
            };
            let jitter = pause.mul_f64(rand::rng().random_range(0.8..1.2));
            let listening = call.heard.is_none();
            tokio::select! {
                () = tokio::time::sleep(jitter) => {}
                _ = call.turn(), if listening => {}
            }
            let standing = self.shop.standing(&joined.ticket).await;
            let standing = standing.map_err(|r| (Step::Standing, r))?;
            status = standing.authorization.map_or(status, |now| now.status);
        }
        Ok(Some(status))
    }

    /// Asks for the pass and buys with it, until there is an order or nothing left to buy.
    async fn buy(&self, plan: Plan, ticket: &str) -> Result<End, Trouble> {
        let mut admitted = false;
        loop {
            let pass = match self.shop.pass(ticket).await {
                Ok(pass) => pass,
                Err(refusal) => match self.after(Step::Pass, refusal).await? {
                    Turn::Called => continue,
                    Turn::Over => return Ok(End::SoldOut),
                },
            };
            if !admitted {
                self.tally.admit(pass.expires_at);
                admitted = true;
            }
            match plan.no_show {
                None => {}
                Some(NoShow::GivesBack) => {
                    let left = self.shop.leave(ticket).await;
                    return left.map(|()| End::NoShow).map_err(|r| (Step::Leave, r));
                }
                Some(_) => return Ok(End::NoShow),
            }
            let pressed = Instant::now();
            match self.shop.order(&pass.pass).await {
                Ok(order) => {
                    let win = Win {
                        shopper: plan.index,
                        order: order.order,
                        unit: order.unit.0,
                        at: Instant::now(),
                    };
                    self.tally.win(win, pressed.elapsed());
                    return Ok(End::Bought);
                }
                Err(refusal) => match self.after(Step::Order, refusal).await? {
                    Turn::Called => {}
                    Turn::Over => return Ok(End::SoldOut),
                },
            }
        }
    }

    /// A pass or an order was refused: is it worth trying again? Waits until it is.
    async fn after(&self, step: Step, refusal: Refusal) -> Result<Turn, Trouble> {
        let kind = |kind| refusal.is(kind);
        if kind(ProblemKind::NotCalledYet) {
            self.tally.early.add(1);
        } else if kind(ProblemKind::SoldOut) {
            // Units that are set aside may come back; "sold out" for good is a phase.
            let shown = self.board.until(|s| is_over(s) || s.stock.free > 0).await;
            if is_over(&shown) {
                return Ok(Turn::Over);
            }
        } else if kind(ProblemKind::WrongPhase) {
            if self.tells_the_end(&refusal).await {
                return Ok(Turn::Over);
            }
            if self.board.newest().phase != Phase::Paused {
                return Err((step, refusal));
            }
            self.board.until(|s| s.phase != Phase::Paused).await;
        } else if !kind(ProblemKind::PassExpired) {
            return Err((step, refusal));
        }
        self.tally.retries.add(1);
        let pause = rand::rng().random_range(100..400);
        tokio::time::sleep(Duration::from_millis(pause)).await;
        Ok(Turn::Called)
    }

    /// Does this refusal say that the sale is over? It may be known here before the board shows it.
    async fn tells_the_end(&self, refusal: &Refusal) -> bool {
        let over = self.board.until(|s| is_over(s) || s.phase == Phase::Paused);
        refusal.is(ProblemKind::SoldOut)
            || refusal.is(ProblemKind::WrongPhase)
                && tokio::time::timeout(Duration::from_secs(3), over)
                    .await
                    .is_ok_and(|shown| is_over(&shown))
    }

    /// Polls for one shopper until it is called or the sale is over.
    async fn poll(&self, number: TicketNumber) -> Turn {
        loop {
            let pause = match self.shop.status().await {
                Ok(snapshot) if is_over(&snapshot) => return Turn::Over,
                Ok(snapshot) => match place_of(number, &snapshot) {
                    Place::Called { .. } => return Turn::Called,
                    Place::Lobby | Place::Waiting { .. } => snapshot.poll_after_ms,
                },
                Err(refusal) => {
                    self.tally.error(Step::Status, &refusal);
                    1000
                }
            };
            let jitter = rand::rng().random_range(0.8..1.2);
            tokio::time::sleep(Duration::from_millis(u64::from(pause)).mul_f64(jitter)).await;
        }
    }
}

/// How soon a shopper who is near looks again whether the bank has answered.
const LOOK: Duration = Duration::from_millis(300);
/// The same for a shopper who is far away.
const LOOK_FAR: Duration = Duration::from_secs(5);
