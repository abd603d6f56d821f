//! Joining: challenge, proof, place.
//!
//! A proof that was solved is kept through every busy answer; only one that the edge calls invalid or
//! spent is solved anew.

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::ProblemKind;
use protocol::wire::{ChallengeAnswer, ChallengeRequest, JoinAnswer, JoinRequest, Standing};

use super::state::Way;
use super::step::Busy;
use crate::browser::http::{Call, Failure};
use crate::browser::{device, worker};

impl Way {
    /// The Join button.
    pub(crate) fn join(self) {
        if self.busy.get_untracked() != Busy::No {
            return;
        }
        self.problem.set(None);
        self.follow_focus.set_value(true);
        self.busy.set(Busy::Joining);
        spawn_local(async move {
            let failure = self.take_place().await.err();
            // The place is known before the tab is free again, so no step flickers in between.
            self.busy.set(Busy::No);
            self.puzzle.set(None);
            match failure {
                None => self.tell_tabs(),
                Some(trouble) => {
                    // The effects of the step change clear old trouble; this one is new.
                    crate::browser::page::sleep(0.0).await;
                    match trouble {
                        Trouble::Call(failure) => self.fail(&failure),
                        Trouble::Solver => self.problem.set(Some(self.text().error_solver)),
                    }
                }
            }
        });
    }

    async fn take_place(self) -> Result<(), Trouble> {
        let device = device::fingerprint();
        let mut last = Failure::Offline;
        for _ in 0..3 {
            self.puzzle.set(None);
            let ask = ChallengeRequest { device: device.clone() };
            let route = self.route("/challenge");
            let challenge: ChallengeAnswer = self
                .patiently(async || Call::post(&route).json(&ask).send().await?.read())
                .await?;

            let rounds = u32::from(challenge.rounds);
            self.puzzle.set(Some((0, rounds)));
            let nonces = worker::solve(&challenge, move |done| self.puzzle.set(Some((done, rounds))))
                .await
                .ok_or(Trouble::Solver)?;

            let proof = JoinRequest { challenge: challenge.challenge, nonces, device: device.clone(), key: None };
            let route = self.route("/tickets");
            let answer = self.patiently(async || Call::post(&route).json(&proof).send().await).await;
            match answer {
                Ok(answer) => {
                    let joined: JoinAnswer = answer.read()?;
                    // A new place has nothing yet: no need to ask at the busiest moment.
                    let snapshot = self.snapshot.get_untracked();
                    self.settle(Some(Standing {
                        number: joined.number,
                        left: false,
                        authorization: None,
                        order: None,
                        snapshot,
                    }));
                    if !answer.is_created() {
                        self.refresh();
                    }
                    return Ok(());
                }
                Err(failure)
                    if [ProblemKind::ChallengeInvalid, ProblemKind::ChallengeSpent, ProblemKind::ProofInvalid]
                        .iter()
                        .any(|kind| failure.is(*kind)) =>
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
