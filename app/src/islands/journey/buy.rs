//! Called: asking for the pass by itself, and buying by one click.

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::ProblemKind;
use protocol::wire::{Order, PassAnswer};

use super::state::Way;
use super::step::{Busy, Card, Step};
use crate::browser::http::{Call, Failure};
use crate::browser::page;
use crate::islands::clock::jittered;

impl Way {
    /// Asks for a pass whenever this shopper is called and has none, or has one that ran out.
    pub(crate) fn claim_when_called(self) {
        let asking = StoredValue::new(false);
        Effect::new(move || {
            let called = self.step.get() == Step::Called;
            let expires_at = self.pass.with(|pass| pass.as_ref().map(|p| p.expires_at));
            let expired = expires_at.is_some_and(|at| self.now_s.get() * 1000 >= at);
            let wanted = called && (expires_at.is_none() || expired) && self.busy.get() == Busy::No;
            if wanted && !asking.get_value() {
                asking.set_value(true);
                spawn_local(async move {
                    self.ask_for_pass().await;
                    asking.set_value(false);
                });
            }
        });
    }

    async fn ask_for_pass(self) {
        let mut pause = 500.0;
        while self.step.get_untracked() == Step::Called {
            let route = self.route("/passes");
            let answer = Call::post(&route).send().await;
            match answer.and_then(|answer| answer.read::<PassAnswer>()) {
                Ok(pass) => {
                    self.problem.set(None);
                    self.pass.set(Some(pass));
                    return;
                }
                Err(failure) if failure.is(ProblemKind::TicketLeft) => return self.mark_left(),
                Err(failure) if failure.is(ProblemKind::SoldOut) => {
                    self.hear_news();
                }
                // The frontier this tab saw is ahead of the one that was asked; or the sale is held;
                // or it is only busy. In all of them the same call is right a little later.
                Err(failure)
                    if failure.retry_after().is_some()
                        || failure.is(ProblemKind::NotCalledYet)
                        || failure.is(ProblemKind::WrongPhase) => {}
                Err(failure) => {
                    self.pass.set(None);
                    self.fail(&failure);
                }
            }
            page::sleep(jittered(pause, 0.4, page::dice())).await;
            pause = (pause * 1.5_f64).min(5000.0);
        }
    }

    /// The snapshot is behind what a call just said: gets a new one.
    fn hear_news(self) {
        self.feed.with_value(|feed| {
            if let Some(feed) = feed {
                feed.ask();
            }
        });
        self.refresh();
    }

    /// May the Buy button be pressed?
    pub(crate) fn may_buy(self) -> bool {
        self.card.get() == Card::Held && self.pass.with(Option::is_some) && self.busy.get() == Busy::No
    }

    /// The Buy button.
    pub(crate) fn buy(self) {
        if self.busy.get_untracked() != Busy::No {
            return;
        }
        let Some(pass) = self.pass.get_untracked() else { return };
        self.problem.set(None);
        self.follow_focus.set_value(true);
        self.busy.set(Busy::Buying);
        spawn_local(async move {
            let route = self.route("/orders");
            // The same pass gets the same order, however often it is asked.
            let answer = self
                .patiently(async || Call::post(&route).bearer(&pass.pass).send().await?.read::<Order>())
                .await;
            match answer {
                Ok(order) => {
                    self.tell_tabs();
                    let receipt = ["/orders/", &order.order].concat();
                    self.standing.update(|mine| {
                        if let Some(mine) = mine {
                            mine.order = Some(order);
                        }
                    });
                    page::go(&receipt);
                }
                Err(failure) => self.not_bought(&failure),
            }
            self.busy.set(Busy::No);
        });
    }

    fn not_bought(self, failure: &Failure) {
        if failure.is(ProblemKind::PassExpired) || failure.is(ProblemKind::PassInvalid) {
            self.pass.set(None);
        }
        // Whatever it was, the edge knows better than this tab how things stand.
        self.hear_news();
        self.fail(failure);
    }
}
