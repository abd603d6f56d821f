//! One arrival's way through a contest: prepare in the lobby, join, and buy when called.
//!
//! The steps are those of every shopper ([`crate::steps`]); what is added is what bots, and people who are taken for
//! them, meet: a CAPTCHA, a refusal, a trick.

use super::arrivals::Arrival;
use super::attackers::Trick;
use super::contest::Stage;
use crate::ask::Refusal;
use crate::board::Turn;
use crate::guise::Guise;
use crate::pace::{NoShow, Plan};
use crate::shop::Shop;
use crate::shopper::{End, World};
use crate::steps::Seat;
use crate::turn::Call;
use anyhow::Result;
use protocol::ProblemKind;
use protocol::wire::{
    CaptchaRequest, CaptchaSolution, ChallengeAnswer, ChallengeRequest, JoinRequest,
};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::sync::Arc;
use std::time::Duration;

/// Answers that the edge takes for each challenge.
const TRIES: u32 = 3;

/// How it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// With an order.
    Won,
    /// Not called before the units were gone; with the pass of a hoarder in hand, or without.
    #[default]
    Lost,
    /// Refused, under this name.
    Refused(String),
}

/// What came of one arrival.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// One of the honest.
    pub honest: bool,
    /// How it ended.
    pub ending: Ending,
    /// It got a ticket.
    pub ticket: bool,
    /// Hashes that it did, at full size.
    pub hashes: f64,
    /// Answers to CAPTCHAs.
    pub answers: u32,
    /// Asked by 429 to come back after so long, s.
    pub sent_away_s: f64,
}

/// An arrival on its way.
#[derive(Debug)]
pub struct Walker {
    arrival: Arrival,
    shop: Shop,
    guise: Arc<Guise>,
    join: Option<JoinRequest>,
    outcome: Outcome,
}

impl Walker {
    /// Looks like its arrival.
    pub fn new(stage: &Stage, arrival: Arrival) -> Result<Self> {
        let guise = Arc::new(arrival.guise()?);
        Ok(Self {
            shop: stage.world.shop.seen_by(Arc::clone(&guise)),
            outcome: Outcome {
                honest: arrival.honest,
                ..Outcome::default()
            },
            arrival,
            guise,
            join: None,
        })
    }

    /// Presses Join so long after others may.
    pub fn press(&self) -> Duration {
        self.arrival.press
    }

    /// Solves what is asked of it before it may join.
    pub async fn prepare(mut self, stage: &Stage) -> Self {
        self.join = match self.arrival.trick {
            Trick::Replay => {
                let once = stage.replayed.get_or_init(async || self.solve(stage).await);
                once.await.clone()
            }
            _ => self.solve(stage).await,
        };
        if let Some(join) = &mut self.join {
            join.key = self.guise.key.as_ref().map(|key| key.public().clone());
        } else if self.outcome.ending == Ending::Lost {
            self.refused("captcha_unsolved");
        }
        self
    }

    fn refused(&mut self, why: &str) {
        self.outcome.ending = Ending::Refused(why.to_owned());
    }

    async fn solve(&mut self, stage: &Stage) -> Option<JoinRequest> {
        let mut dice = StdRng::seed_from_u64(self.arrival.dice);
        let asked = ChallengeRequest {
            device: self.arrival.device.clone(),
            keyless: !self.arrival.keyed,
            ..ChallengeRequest::default()
        };
        for _ in 0..self.arrival.patience {
            let challenge = match self.shop.challenge_for(&asked).await {
                Ok(challenge) => challenge,
                Err(refusal) => {
                    let after = refusal.problem.as_ref().and_then(|p| p.retry_after_ms);
                    self.outcome.sent_away_s += after.unwrap_or(0) as f64 / 1000.0;
                    self.refused(&refusal.name());
                    return None;
                }
            };
            let Some(nonces) = self.work(stage, &challenge).await else {
                self.refused("no_hashes_left");
                return None;
            };
            let mut join = JoinRequest {
                challenge: challenge.challenge,
                nonces,
                device: asked.device.clone(),
                key: None,
                captcha: None,
            };
            if !challenge.captcha {
                return Some(join);
            }
            match self.read(stage, &join, &mut dice).await {
                Ok(Some(seal)) => {
                    join.captcha = Some(seal);
                    return Some(join);
                }
                Ok(None) => {}
                Err(refusal) => {
                    self.refused(&refusal.name());
                    return None;
                }
            }
        }
        None
    }

    /// Solves the puzzle, if there is the time for it.
    async fn work(&mut self, stage: &Stage, challenge: &ChallengeAnswer) -> Option<Vec<u64>> {
        let asked_for = f64::from(challenge.rounds) * f64::from(challenge.difficulty).exp2();
        let works = challenge.difficulty > 0;
        if works && !self.arrival.honest && !stage.spend(asked_for * stage.easier) {
            return None;
        }
        let nonces = stage.world.solver.solve(challenge).await.ok()?;
        if works {
            let hashes: u64 = nonces.iter().map(|nonce| nonce + 1).sum();
            self.outcome.hashes += hashes as f64 * stage.easier;
        }
        Some(nonces)
    }

    /// Answers the CAPTCHA as often as it may; the seal, if an answer was right.
    async fn read(
        &mut self,
        stage: &Stage,
        join: &JoinRequest,
        dice: &mut StdRng,
    ) -> Result<Option<String>, Refusal> {
        let reader = self.arrival.reader;
        if reader.right <= 0.0 {
            return Ok(None);
        }
        let request = CaptchaRequest {
            challenge: join.challenge.clone(),
            nonces: join.nonces.clone(),
            device: join.device.clone(),
            kind: None,
        };
        let captcha = self.shop.captcha(&request).await?.captcha;
        for _ in 0..TRIES {
            self.outcome.answers += 1;
            let answer = match dice.random_bool(reader.right) {
                true => stage.desk.solved(&captcha),
                false => "no".to_owned(),
            };
            let solution = CaptchaSolution {
                captcha: captcha.clone(),
                answer,
            };
            match self.shop.solve_captcha(&solution).await {
                Ok(solved) => return Ok(Some(solved.seal)),
                Err(refusal) if refusal.is(ProblemKind::CaptchaWrong) => {}
                Err(refusal) if refusal.is(ProblemKind::CaptchaSpent) => break,
                Err(refusal) => return Err(refusal),
            }
        }
        Ok(None)
    }

    /// Joins; the place, if it got one.
    pub(super) async fn join(&mut self) -> Option<Seat> {
        let join = self.join.take()?;
        match self.shop.join(&join).await {
            Ok(joined) => {
                self.outcome.ticket = true;
                Some(Seat {
                    ticket: joined.ticket.into(),
                    number: joined.number,
                })
            }
            Err(refusal) if refusal.is(ProblemKind::SoldOut) => None,
            Err(refusal) => {
                self.refused(&refusal.name());
                None
            }
        }
    }

    /// Waits for its turn and buys.
    pub(super) async fn buy(mut self, stage: &Stage, seat: Option<Seat>) -> Outcome {
        if let Some(seat) = seat {
            self.outcome.ending = match self.turn(stage, &seat).await {
                Ok(End::Bought) => Ending::Won,
                Ok(_) => Ending::Lost,
                Err(refusal) if refusal.is(ProblemKind::SoldOut) => Ending::Lost,
                Err(refusal) => Ending::Refused(refusal.name()),
            };
        }
        self.outcome
    }

    async fn turn(&self, stage: &Stage, seat: &Seat) -> Result<End, Refusal> {
        let shop = match self.arrival.trick {
            Trick::Copy => stage.world.shop.seen_by(Arc::new(self.arrival.customer())),
            _ => self.shop.clone(),
        };
        let world = Arc::new(World {
            shop,
            ..stage.world.clone()
        });
        if Call::of(&world, seat.number, stage.near).turn().await == Turn::Over {
            return Ok(End::SoldOut);
        }
        let plan = Plan {
            index: stage.card(&self.arrival),
            press: Duration::ZERO,
            late: false,
            declines: false,
            no_show: (self.arrival.trick == Trick::Hoard).then_some(NoShow::Hesitates),
        };
        let mut call = Call::of(&world, seat.number, 0);
        let held = Box::pin(world.authorize(plan, seat, &mut call)).await;
        if !held.map_err(|(_, refusal)| refusal)? {
            return Ok(End::SoldOut);
        }
        match call.turn().await {
            Turn::Over => Ok(End::SoldOut),
            Turn::Called => {
                let bought = Box::pin(world.buy(plan, &seat.ticket)).await;
                bought.map_err(|(_, refusal)| refusal)
            }
        }
    }
}
