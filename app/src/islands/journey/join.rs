//! Joining: challenge, proof, place.
//!
//! A proof that was solved is kept through every busy answer, and through a reload; only one that the edge calls
//! invalid or spent is solved anew.

use leptos::task::spawn_local;
use protocol::Problem;
use protocol::ProblemKind::{CaptchaRequired, ChallengeInvalid, ChallengeSpent, ProofInvalid};
use protocol::wire::{ChallengeRequest, JoinAnswer, JoinRequest, Standing};

use super::state::State;
use super::step::{Busy, Step};
use super::way::Way;
use crate::browser::http::{Call, Failure};
use crate::browser::worker::{self, Outcome, Puzzle};
use crate::browser::{device, key, page};
use crate::islands::drawn::remember_join;

impl Way {
    /// The Join button.
    pub(crate) fn join(self) {
        if self.peek(|state| state.busy) != Busy::No {
            return;
        }
        self.follow_focus();
        self.change(|state| {
            state.problem = None;
            state.busy = Busy::Joining;
        });
        spawn_local(async move {
            let trouble = self.take_place().await.err();
            // The place is known before the tab is free again, so no step flickers in between.
            self.change(|state| {
                state.busy = Busy::No;
                state.puzzle = None;
            });
            match trouble {
                None => self.tell_tabs(),
                Some(Trouble::Stopped) => {}
                Some(trouble) => {
                    // The change of step clears old trouble; this one is new.
                    page::sleep(0.0).await;
                    match trouble {
                        Trouble::Call(failure) => self.fail(&failure),
                        _ => {
                            self.change(|state| state.problem = Some(state.text().error_solver));
                        }
                    }
                }
            }
        });
    }

    /// Goes on with a puzzle that was begun before the page was loaded anew.
    pub(crate) fn go_on_joining(self) {
        self.change(|state| state.refuses = device::is_refused());
        let sale = self.peek(|state| state.info.sale.clone());
        if self.peek(State::step) == Step::Invited && Puzzle::kept(&sale, &self.device()).is_some()
        {
            self.join();
        }
    }

    /// The shopper does not want to join after all.
    pub(crate) fn stop_joining(self) {
        self.follow_focus();
        worker::stop();
    }

    /// The shopper refuses to tell of the device, or tells after all.
    pub(crate) fn turn_signals(self) {
        self.change(|state| state.refuses = !state.refuses);
        device::remember_refusal(self.peek(|state| state.refuses));
    }

    /// The hash of the device's signals; empty for who gives none.
    fn device(self) -> String {
        match self.peek(|state| state.refuses) {
            true => String::new(),
            false => device::fingerprint(),
        }
    }

    async fn take_place(self) -> Result<(), Trouble> {
        let device = self.device();
        let sale = self.peek(|state| state.info.sale.clone());
        let mut last = Failure::Offline;
        for _ in 0..3 {
            let puzzle = match Puzzle::kept(&sale, &device) {
                Some(puzzle) => puzzle,
                None => self.puzzle(&device).await?,
            };
            let rounds = u32::from(puzzle.asked.rounds);
            let show = move |done| self.change(|state| state.puzzle = Some((done, rounds)));
            let left = self.peek(|state| state.ms_until(puzzle.asked.expires_at));
            let nonces = match puzzle.solve(&sale, &device, left, show).await {
                Outcome::Solved(nonces) => nonces,
                given_up => {
                    worker::forget(&sale);
                    return Err(match given_up {
                        Outcome::Stopped => Trouble::Stopped,
                        _ => Trouble::Solver,
                    });
                }
            };

            let mut proof = JoinRequest {
                captcha: None,
                challenge: puzzle.asked.challenge,
                nonces,
                device: device.clone(),
                key: key::public().await,
            };
            if puzzle.asked.captcha {
                self.change(|state| {
                    state.puzzle = None;
                    state.asked = true;
                });
                let solved = serde_json::to_string(&proof).unwrap_or_default();
                let seal = worker::captcha(&self.route("/captcha"), &solved).await;
                self.change(|state| state.asked = false);
                if seal.is_null() {
                    worker::forget(&sale);
                    return Err(Trouble::Stopped);
                }
                proof.captcha = seal.as_string();
                if proof.captcha.is_none() {
                    worker::forget(&sale);
                    last = Failure::Refused(Problem::new(CaptchaRequired));
                    continue;
                }
            }
            match self
                .patiently(self.proven(Call::post(&self.route("/tickets")).json(&proof)))
                .await
            {
                Ok(answer) => {
                    worker::forget(&sale);
                    let joined: JoinAnswer = answer.read()?;
                    if let Some(inclusion) = &joined.inclusion {
                        remember_join(&sale, &proof.challenge, inclusion);
                    }
                    // A new place has nothing yet: no need to ask at the busiest moment.
                    self.change(|state| {
                        let new = Standing {
                            number: joined.number,
                            left: false,
                            authorization: None,
                            order: None,
                            snapshot: state.snapshot.clone(),
                        };
                        state.settle(Some(new), page::monotonic());
                    });
                    if !answer.is_created() {
                        self.refresh();
                    }
                    return Ok(());
                }
                Err(failure)
                    if [
                        ChallengeInvalid,
                        ChallengeSpent,
                        ProofInvalid,
                        CaptchaRequired,
                    ]
                    .iter()
                    .any(|k| failure.is(*k)) =>
                {
                    worker::forget(&sale);
                    last = failure;
                }
                Err(failure) => return Err(failure.into()),
            }
        }
        Err(last.into())
    }

    /// A new one.
    async fn puzzle(self, device: &str) -> Result<Puzzle, Failure> {
        let ask = ChallengeRequest {
            device: device.to_owned(),
            marks: if device.is_empty() {
                Vec::new()
            } else {
                device::marks()
            },
            keyless: key::public().await.is_none(),
            website: page::typed("website"),
        };
        let call = Call::post(&self.route("/challenge")).json(&ask);
        let answer = self.patiently(call).await?;
        Puzzle::read(answer.into_text()).ok_or(Failure::Offline)
    }
}

enum Trouble {
    Call(Failure),
    Solver,
    Stopped,
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Call(failure)
    }
}
