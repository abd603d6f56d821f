//! Joining: challenge, proof, place.
//!
//! A proof that was solved is kept through every busy answer; only one that the edge calls invalid or
//! spent is solved anew.

use leptos::task::spawn_local;
use protocol::ProblemKind::{ChallengeInvalid, ChallengeSpent, ProofInvalid};
use protocol::wire::{ChallengeAnswer, ChallengeRequest, JoinAnswer, JoinRequest, Standing};

use super::step::Busy;
use super::way::Way;
use crate::browser::http::{Call, Failure};
use crate::browser::{device, key, page, worker};
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
                Some(trouble) => {
                    // The change of step clears old trouble; this one is new.
                    page::sleep(0.0).await;
                    match trouble {
                        Trouble::Call(failure) => self.fail(&failure),
                        Trouble::Solver => {
                            self.change(|state| state.problem = Some(state.text().error_solver));
                        }
                    }
                }
            }
        });
    }

    async fn take_place(self) -> Result<(), Trouble> {
        let device = device::fingerprint();
        let mut last = Failure::Offline;
        for _ in 0..3 {
            let ask = ChallengeRequest {
                device: device.clone(),
            };
            let call = Call::post(&self.route("/challenge")).json(&ask);
            let challenge: ChallengeAnswer = self.patiently(call).await?.read()?;

            let rounds = u32::from(challenge.rounds);
            let show = move |done| self.change(|state| state.puzzle = Some((done, rounds)));
            show(0);
            let nonces = worker::solve(&challenge, show)
                .await
                .ok_or(Trouble::Solver)?;

            let proof = JoinRequest {
                challenge: challenge.challenge,
                nonces,
                device: device.clone(),
                key: key::public().await,
            };
            match self
                .patiently(self.proven(Call::post(&self.route("/tickets")).json(&proof)))
                .await
            {
                Ok(answer) => {
                    let joined: JoinAnswer = answer.read()?;
                    if let Some(inclusion) = &joined.inclusion {
                        let sale = self.peek(|state| state.info.sale.clone());
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
                    if [ChallengeInvalid, ChallengeSpent, ProofInvalid]
                        .iter()
                        .any(|k| failure.is(*k)) =>
                {
                    last = failure;
                }
                Err(failure) => return Err(failure.into()),
            }
        }
        Err(last.into())
    }
}

enum Trouble {
    Call(Failure),
    Solver,
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Call(failure)
    }
}
