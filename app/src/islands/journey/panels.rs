//! One panel for each step.

use leptos::prelude::*;
use protocol::Phase;
use protocol::place::{Odds, Place};
use protocol::wire::{Order, OrderStatus};

use super::state::State;
use super::step::{Busy, Card, Step, another_card_until, order_state};
use super::way::Way;
use crate::islands::parts::{Part, Value, button, fact, facts, heading, note, p, stressed};
use crate::text::format;

/// The panel of the present step, and what went wrong with the last act.
pub(crate) fn view(way: Way) -> Part {
    let panel = move || match way.step.get() {
        Step::Announced => announced(way),
        Step::Invited => invited(way),
        Step::Joining => joining(way),
        Step::Lobby => lobby(way),
        Step::Line => line(way),
        Step::Called => called(way),
        Step::Ordered => ordered(way),
        Step::Waitlist => waitlist(way),
        Step::SoldOut | Step::Over => ended(way),
        Step::Left => left(way),
    };
    let busy = note(way.text().busy)
        .with("role", "status")
        .with("hidden", way.flag(|state| !state.retrying));
    Part::parts(
        "section",
        vec![
            Part::choice("div", panel).class("step-body"),
            busy,
            problem(way),
        ],
    )
    .class("panel step")
    .with("aria-labelledby", "step-title")
    .with(
        "data-step",
        way.words(|state| state.step().name().to_owned()),
    )
}

/// The empty alert stays in the page, so that its text is read out when it comes.
fn problem(way: Way) -> Part {
    let title = way.words(|state| match state.problem {
        Some(_) => state.text().error_title.to_owned(),
        None => String::new(),
    });
    let words = way.words(|state| state.problem.unwrap_or_default().to_owned());
    let problem = stressed(title, words)
        .class("problem")
        .with("hidden", way.flag(|state| state.problem.is_none()));
    Part::parts("div", vec![problem]).with("role", "alert")
}

impl State {
    /// What the present step is called.
    pub(crate) fn step_title(&self) -> &'static str {
        let text = self.text();
        match self.step() {
            Step::Announced => text.announced_title,
            Step::Invited if self.draw_is_made() => text.late_invite_title,
            Step::Invited => text.lobby_invite_title,
            Step::Joining => text.joining_title,
            Step::Lobby => text.lobby_title,
            Step::Line if self.waited => text.line_back_title,
            Step::Line => text.line_title,
            Step::Called if self.order_failed() => text.order_failed_title,
            Step::Called if self.waited => text.called_back_title,
            Step::Called => text.called_title,
            Step::Ordered if self.order_failed() => text.order_failed_title,
            Step::Ordered => text.ordered_title,
            Step::Waitlist => text.waitlist_title,
            Step::SoldOut => text.sold_out_title,
            Step::Over => text.over_title,
            Step::Left => text.left_title,
        }
    }

    fn draw_is_made(&self) -> bool {
        self.snapshot.draw.size.is_some()
    }

    fn order(&self) -> Option<&Order> {
        self.standing.as_ref()?.order.as_ref()
    }

    fn order_failed(&self) -> bool {
        self.order()
            .is_some_and(|order| order.status == OrderStatus::Failed)
    }

    /// Why a card is needed, and for how long another one may be tried after the bank refused the last.
    fn needs_card(&self) -> String {
        let text = self.text();
        match another_card_until(&self.snapshot, self.standing.as_ref()) {
            None => text.called_needs_card.to_owned(),
            Some(until) => {
                let left = format::countdown(self.lang, self.seconds_until(until));
                let another = format::fill(text.another_card, &[&left]);
                [text.order_failed_text, " ", &another].concat()
            }
        }
    }

    /// The ticket's number as people count, from 1.
    fn ticket(&self) -> u64 {
        self.standing.as_ref().map_or(0, |mine| mine.number.0 + 1)
    }

    /// What the wait follows from, and why it may have grown.
    fn pace(&self) -> String {
        let text = self.text();
        let words = match self.is_slowed() {
            true => text.pace_slowed,
            false => text.pace,
        };
        format::fill(
            words,
            &[&format::count(self.lang, self.snapshot.rate.into())],
        )
    }

    /// Rank from 1, people ahead, seconds to wait, odds.
    fn waiting(&self) -> (u64, u64, (u64, u64), Odds) {
        match self.place {
            Some(Place::Waiting {
                rank,
                ahead,
                eta_s,
                odds,
            }) => (rank.0 + 1, ahead, eta_s, odds),
            _ => (0, 0, (0, 0), Odds::None),
        }
    }
}

fn title(way: Way) -> Part {
    heading(
        "step-title",
        way.words(|state| state.step_title().to_owned()),
    )
}

fn announced(way: Way) -> Vec<Part> {
    vec![title(way), p(way.text().announced_text)]
}

fn join(way: Way, class: &'static str, label: &'static str) -> Part {
    button("join", class, label, move || way.join())
}

fn invited(way: Way) -> Vec<Part> {
    let text = way.text();
    let words = way.words(|state| {
        let text = state.text();
        if state.draw_is_made() {
            text.late_invite_text
        } else {
            text.lobby_invite_text
        }
        .to_owned()
    });
    vec![
        title(way),
        p(words),
        join(way, "button button-main", text.join),
        note(text.join_note),
        signals(way),
    ]
}

/// What is asked about the device, why, and how to refuse.
fn signals(way: Way) -> Part {
    let text = way.text();
    let label = way.words(|state| {
        let text = state.text();
        if state.refuses {
            text.signals_allow
        } else {
            text.signals_refuse
        }
        .to_owned()
    });
    let news = way.words(|state| {
        if state.refuses {
            state.text().signals_refused
        } else {
            ""
        }
        .to_owned()
    });
    Part::parts(
        "details",
        vec![
            Part::text("summary", text.signals_why),
            note(text.signals_text),
            button("signals", "button button-quiet", label, move || {
                way.turn_signals();
            }),
            note(news).with("role", "status"),
        ],
    )
    .class("signals")
}

/// A bar that fills.
fn bar(label: &'static str, value: Value, max: Value) -> Part {
    Part::text("progress", "")
        .with("aria-label", label)
        .with("max", max)
        .with("value", value)
}

fn joining(way: Way) -> Vec<Part> {
    let text = way.text();
    let done = way.words(|state| state.puzzle.map_or(0, |(done, _)| done).to_string());
    let of = way.words(|state| state.puzzle.map_or(1, |(_, of)| of).to_string());
    let words = way.words(|state| match state.puzzle {
        None => String::new(),
        Some((done, of)) if done == of => state.text().sending.to_owned(),
        Some((done, of)) => {
            format::fill(state.text().solved, &[&done.to_string(), &of.to_string()])
        }
    });
    vec![
        title(way),
        p(text.joining_text),
        bar(text.solving, done, of),
        note(words),
        // For who is asked for more: public/captcha.js puts its form here.
        Part::text("div", "").with("id", "captcha"),
        button("stop", "button", text.stop_solving, move || {
            way.stop_joining();
        })
        .with("hidden", way.flag(|state| !state.may_stop())),
    ]
}

fn ticket(way: Way) -> Part {
    let number = way.words(|state| {
        let number = format::count(state.lang, state.ticket());
        format::fill(state.text().ticket_no, &[&number])
    });
    fact(way.text().ticket, number, "")
}

fn lobby(way: Way) -> Vec<Part> {
    let text = way.text();
    // The broadcast may be older than this very ticket.
    let people = way.words(|state| {
        let people = state.snapshot.tail.max(state.ticket());
        format::plural(state.lang, state.text().people, people)
    });
    vec![
        title(way),
        p(text.lobby_text),
        facts(vec![ticket(way), fact(text.in_lobby, people, "")]),
        note(text.line_note),
    ]
}

fn line(way: Way) -> Vec<Part> {
    let text = way.text();
    let passed = way.words(|state| {
        let (rank, ahead, ..) = state.waiting();
        rank.saturating_sub(ahead + 1).to_string()
    });
    let all = way.words(|state| state.waiting().0.saturating_sub(1).max(1).to_string());
    let wait = way.words(|state| {
        let wait = format::wait(state.lang, state.waiting().2);
        match state.snapshot.phase {
            Phase::Paused => format::fill(state.text().wait_paused, &[&wait]),
            _ => wait,
        }
    });
    let pace = way.words(State::pace);
    let rank = way.words(|state| format::count(state.lang, state.waiting().0));
    let odds = way.words(|state| state.text().odds(state.waiting().3).0.to_owned());
    let why = way.words(|state| state.text().odds(state.waiting().3).1.to_owned());
    vec![
        title(way),
        ahead(way),
        bar(text.progress, passed, all),
        facts(vec![
            fact(text.wait, wait, pace),
            fact(text.place, rank, ""),
            fact(text.odds, odds, why),
            ticket(way),
        ]),
        note(text.line_note),
        how_drawn(way),
    ]
}

/// How many are in front.
fn ahead(way: Way) -> Part {
    let ahead = way.words(|state| match state.waiting() {
        (_, 0, ..) => state.text().next.to_owned(),
        (_, ahead, ..) => format::count(state.lang, ahead),
    });
    let people = way.words(|state| {
        let text = state.text();
        match state.waiting() {
            (_, 0, ..) => "",
            (_, 1, ..) => text.ahead.0,
            _ => text.ahead.1,
        }
        .to_owned()
    });
    stressed(ahead, people).class("ahead")
}

fn waitlist(way: Way) -> Vec<Part> {
    let text = way.text();
    let words = way.words(|state| {
        let units = format::count(state.lang, state.info.units.into());
        format::fill(state.text().waitlist_text, &[&units])
    });
    let place = way.words(|state| format::count(state.lang, state.waiting().1 + 1));
    vec![
        title(way),
        p(words),
        ahead(way),
        facts(vec![fact(text.place, place, ""), ticket(way)]),
        note(text.waitlist_note),
        how_drawn(way),
    ]
}

/// Whoever wonders can check the draw.
fn how_drawn(way: Way) -> Part {
    let page = way.peek(|state| ["/sales/", state.info.sale.as_str(), "/draw"].concat());
    let link = Part::text("a", way.text().how_drawn).with("href", page);
    Part::parts("p", vec![link])
        .class("note")
        .with("hidden", way.flag(|state| !state.draw_is_made()))
}

fn called(way: Way) -> Vec<Part> {
    let words = way.words(|state| {
        let text = state.text();
        match state.card() {
            Card::Checking => text.called_card_checked,
            Card::Held if state.pass.is_none() => text.called_wait,
            Card::Held => text.called_text,
            _ => return state.needs_card(),
        }
        .to_owned()
    });
    let left = way.words(|state| {
        let expires_at = state.pass.as_ref().map_or(0, |pass| pass.expires_at);
        format::countdown(state.lang, state.seconds_until(expires_at))
    });
    let label = way.words(|state| {
        let text = state.text();
        match state.busy {
            Busy::Buying => text.buying.to_owned(),
            _ => format::fill(text.buy, &[&format::money(state.lang, state.info.price)]),
        }
    });
    vec![
        title(way),
        p(words),
        button("buy", "button button-main button-buy", label, move || {
            way.buy();
        })
        .with("disabled", way.flag(|state| !state.may_buy())),
        stressed(way.text().called_left, left)
            .class("time-left")
            .with("hidden", way.flag(|state| state.pass.is_none())),
    ]
}

fn ordered(way: Way) -> Vec<Part> {
    let words = way.words(|state| {
        let text = state.text();
        if state.order_failed() {
            return text.order_failed_text.to_owned();
        }
        let unit = state.order().map_or(0, |order| u64::from(order.unit.0) + 1);
        let (unit, total) = (
            format::count(state.lang, unit),
            format::count(state.lang, state.info.units.into()),
        );
        format::fill(text.ordered_text, &[&unit, &total])
    });
    let status = way.words(|state| {
        let status = state.order().map(|order| order_state(order.status));
        status
            .map(|status| state.text().order_states[status].to_owned())
            .unwrap_or_default()
    });
    let receipt = way.words(|state| {
        state
            .order()
            .map(|o| ["/orders/", &o.order].concat())
            .unwrap_or_default()
    });
    vec![
        title(way),
        p(words),
        note(status)
            .with("role", "status")
            .with("hidden", way.flag(State::order_failed)),
        Part::text("a", way.text().receipt)
            .class("button button-main")
            .with("id", "receipt")
            .with("href", receipt),
    ]
}

fn ended(way: Way) -> Vec<Part> {
    let words = way.words(|state| match state.step() {
        Step::SoldOut => {
            let units = format::count(state.lang, state.info.units.into());
            format::fill(state.text().sold_out_text, &[&units])
        }
        _ => state.text().over_text.to_owned(),
    });
    let did_not_wait = way.flag(|state| {
        let waited = state.standing.as_ref().is_some_and(|mine| !mine.left);
        state.step() != Step::SoldOut || !waited
    });
    vec![
        title(way),
        p(words),
        p(way.text().sold_out_sorry).with("hidden", did_not_wait),
        how_drawn(way),
    ]
}

fn left(way: Way) -> Vec<Part> {
    let text = way.text();
    vec![
        title(way),
        p(text.left_text),
        join(way, "button", text.join_again),
    ]
}
