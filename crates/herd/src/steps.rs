//! The steps of a journey: prove, join, get a hold on a card, buy.

use crate::ask::{Lane, Refusal};
use crate::board::{Turn, is_over};
use crate::card;
use crate::clock::Instant;
use crate::pace::{NoShow, Plan};
use crate::shopper::{End, Trouble, World};
use crate::solver::Proof;
use crate::tally::{Step, Win};
use crate::turn::Call;
use protocol::digest::{tagged, to_hex};
use protocol::place::{Place, place_of};
use protocol::wire::{AuthorizationStatus, AuthorizeRequest};
use protocol::{Phase, ProblemKind, TicketNumber};
use rand::RngExt as _;
use std::sync::Arc;
use std::time::Duration;

/// A shopper whose turn is so close takes a card out. Holds for those who are never called would only
/// be released again: 100,000 of them for 1,000 units.
const NEAR: Duration = Duration::from_secs(3);
/// How often a proof that is good in time may be refused, and another one solved.
const PROOFS_ANEW: u32 = 5;
/// How long after a shopper hears of the end the board shows it at the latest.
const END_SHOWS_IN: Duration = Duration::from_secs(3);
/// How soon a shopper who is near looks again whether the bank has answered.
const LOOK: Duration = Duration::from_millis(300);
/// The same for a shopper who is far away.
const LOOK_FAR: Duration = Duration::from_secs(5);

/// What a shopper keeps of the answer to Join. The proof of inclusion is ten times as long.
#[derive(Clone, Debug)]
pub(crate) struct Seat {
    /// The ticket.
    pub(crate) ticket: Box<str>,
    /// Its number.
    pub(crate) number: TicketNumber,
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
    pub(crate) async fn join(
        &self,
        plan: Plan,
        proof: Option<Box<Proof>>,
        pressed: Instant,
    ) -> Result<Option<Seat>, Trouble> {
        if let Some(page) = &self.page {
            self.shop.page(page).await.map_err(|r| (Step::Page, r))?;
        }
        let mut proof = proof.filter(|proof| proof.is_fresh());
        let mut anew = PROOFS_ANEW;
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
                    return Ok(Some(Seat {
                        ticket: joined.ticket.into(),
                        number: joined.number,
                    }));
                }
                // It expired while the shop was busy, or the shop was restored and takes no earlier one.
                Err(refusal)
                    if refusal.is(ProblemKind::ChallengeInvalid)
                        && (!mine.is_fresh() || anew > 0) =>
                {
                    anew = anew.saturating_sub(1);
                    self.tally.retries.add(1);
                }
                Err(refusal) if self.tells_the_end(&refusal).await => return Ok(None),
                Err(refusal) => return Err((Step::Join, refusal)),
            }
        }
    }

    /// Waits until it is worth taking the card out: the turn is [`NEAR`]. False when the sale ended first.
    pub(crate) async fn comes_near(self: &Arc<Self>, number: TicketNumber) -> bool {
        if self.cards_at_once {
            return true;
        }
        let ahead = NEAR.as_secs() * u64::from(self.board.newest().rate);
        Call::of(self, number, ahead).turn().await == Turn::Called
    }

    /// Gets the price held on a card; false when the sale ended first.
    pub(crate) async fn authorize(
        &self,
        plan: Plan,
        joined: &Seat,
        call: &mut Call,
    ) -> Result<bool, Trouble> {
        let typing = tokio::time::sleep(self.typing.mul_f64(rand::random()));
        if call.unless_over(&self.board, typing).await.is_none() {
            return Ok(false);
        }
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
                AuthorizationStatus::Declined if status == expected => self.tally.declined.add(1),
                AuthorizationStatus::Authorized if status == expected => {
                    self.tally.authorized.add(1);
                }
                // Holds are released at the end.
                _ if self.ends_soon().await => return Ok(false),
                _ => {
                    let body = format!("{expected:?} was expected, {status:?} came");
                    let refusal = Refusal::noticed("unexpected_status", body);
                    return Err((Step::Authorize, refusal));
                }
            }
        }
        Ok(true)
    }

    /// Tries one card and looks until the bank has answered; `None` when the sale ended first.
    async fn hold(
        &self,
        plan: Plan,
        number: &str,
        joined: &Seat,
        call: &mut Call,
    ) -> Result<Option<AuthorizationStatus>, Trouble> {
        let saving = self.provider.save(number);
        let Some(saved) = call.unless_over(&self.board, saving).await else {
            return Ok(None);
        };
        let request = AuthorizeRequest {
            payment_method: saved.map_err(|r| (Step::Card, r))?,
            email: format!("shopper-{:x}-{}@crowd.example", self.seed, plan.index),
        };
        let mut lane = Lane::Hold;
        let asked = loop {
            tokio::select! {
                asked = self.shop.authorize(&joined.ticket, &request, lane) => break asked,
                news = call.news(&self.board) => match news {
                    Turn::Over => return Ok(None),
                    // Asking again is asking for the same hold, now before those who have time.
                    Turn::Called => lane = Lane::HoldNow,
                },
            }
        };
        let mut status = asked.map_err(|r| (Step::Authorize, r))?.status;
        let mut pause = LOOK;
        while status == AuthorizationStatus::Processing {
            pause = match place_of(joined.number, &self.board.newest()) {
                Place::Called { .. } => LOOK,
                Place::Waiting { eta_s, .. } if eta_s.0 <= 2 => LOOK,
                Place::Lobby | Place::Waiting { .. } => (pause * 3 / 2).min(LOOK_FAR),
            };
            let jitter = pause.mul_f64(rand::rng().random_range(0.8..1.2));
            tokio::select! {
                () = tokio::time::sleep(jitter) => {}
                news = call.news(&self.board) => {
                    if news == Turn::Over {
                        return Ok(None);
                    }
                }
            }
            let looking = self.shop.standing(&joined.ticket);
            let Some(standing) = call.unless_over(&self.board, looking).await else {
                return Ok(None);
            };
            let standing = standing.map_err(|r| (Step::Standing, r))?;
            status = standing.authorization.map_or(status, |now| now.status);
        }
        Ok(Some(status))
    }

    /// Asks for the pass and buys with it, until there is an order or nothing left to buy.
    pub(crate) async fn buy(&self, plan: Plan, ticket: &str) -> Result<End, Trouble> {
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

    /// Does this refusal say that the sale is over?
    pub(crate) async fn tells_the_end(&self, refusal: &Refusal) -> bool {
        refusal.is(ProblemKind::SoldOut)
            || refusal.is(ProblemKind::WrongPhase) && self.ends_soon().await
    }

    /// The end may be known to a shopper before the board shows it: is the sale over now, or in a moment?
    async fn ends_soon(&self) -> bool {
        let over = self.board.until(|s| is_over(s) || s.phase == Phase::Paused);
        tokio::time::timeout(END_SHOWS_IN, over)
            .await
            .is_ok_and(|shown| is_over(&shown))
    }
}
