//! Called: asking for the pass by itself, and buying by one click.

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::ProblemKind::{
    NotCalledYet, PassExpired, PassInvalid, SoldOut, TicketLeft, WrongPhase,
};
use protocol::wire::{Order, PassAnswer};

use super::state::State;
use super::step::Busy;
use super::way::Way;
use crate::browser::http::{Call, Failure};
use crate::browser::page;
use crate::islands::clock::jittered;
use crate::islands::parts::whenever;

impl Way {
    /// Asks for a pass whenever this shopper is called and has none, or has one that ran out.
    pub(crate) fn claim_when_called(self) {
        whenever(move || {
            let wanted = self.read(State::wants_pass);
            if wanted && !self.ties.with_value(|ties| ties.asking) {
                self.ties.update_value(|ties| ties.asking = true);
                spawn_local(async move {
                    self.ask_for_pass().await;
                    self.ties.update_value(|ties| ties.asking = false);
                });
            }
        });
    }

    async fn ask_for_pass(self) {
        let mut pause = 500.0;
        while self.peek(State::wants_pass) {
            let answer = self.proven(Call::post(&self.route("/passes"))).send().await;
            match answer.and_then(|answer| answer.read::<PassAnswer>()) {
                Ok(pass) => {
                    return self.change(|state| {
                        state.problem = None;
                        state.pass = Some(pass);
                    });
                }
                Err(failure) if failure.is(TicketLeft) => return self.change(State::mark_left),
                Err(failure) if failure.is(SoldOut) => self.hear_news(),
                // The frontier this tab saw is ahead of the one that was asked; or the sale is held;
                // or it is only busy. In all of them the same call is right a little later.
                Err(failure)
                    if failure.retry_after().is_some()
                        || failure.is(NotCalledYet)
                        || failure.is(WrongPhase) => {}
                Err(failure) => {
                    self.change(|state| state.pass = None);
                    self.fail(&failure);
                }
            }
            page::sleep(jittered(pause, 0.4, page::dice())).await;
            pause = (pause * 1.5_f64).min(5000.0);
        }
    }

    /// The snapshot is behind what a call just said: gets a new one.
    fn hear_news(self) {
        self.ties.with_value(|ties| {
            if let Some(feed) = &ties.feed {
                feed.ask();
            }
        });
        self.refresh();
    }

    /// The Buy button.
    pub(crate) fn buy(self) {
        let pass = self.peek(|state| state.may_buy().then(|| state.pass.clone()).flatten());
        let Some(pass) = pass else { return };
        self.follow_focus();
        self.change(|state| {
            state.problem = None;
            state.busy = Busy::Buying;
        });
        spawn_local(async move {
            // The same pass gets the same order, however often it is asked.
            let call = Call::post(&self.route("/orders")).bearer(&pass.pass);
            let answer = self.patiently(call).await;
            match answer.and_then(|answer| answer.read::<Order>()) {
                Ok(order) => self.won(order),
                Err(failure) => self.not_bought(&failure),
            }
        });
    }

    fn won(self, order: Order) {
        let receipt = ["/orders/", &order.order].concat();
        self.change(|state| {
            state.busy = Busy::No;
            if let Some(mine) = &mut state.standing {
                mine.order = Some(order);
            }
        });
        self.tell_tabs();
        page::go(&receipt);
    }

    fn not_bought(self, failure: &Failure) {
        self.change(|state| {
            state.busy = Busy::No;
            if failure.is(PassExpired) || failure.is(PassInvalid) {
                state.pass = None;
            }
        });
        // Whatever it was, the edge knows better than this tab how things stand.
        self.hear_news();
        self.fail(failure);
    }
}
