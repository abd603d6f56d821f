//! One panel for each step.

use leptos::prelude::*;
use protocol::place::{Odds, Place};
use protocol::wire::{Order, OrderStatus};

use super::state::State;
use super::step::{Busy, Card, Step, order_state};
use super::way::Way;
use crate::islands::parts::{
    Button, bar, fact, facts, fixed, heading, never, noted, paragraph, said, stressed,
};
use crate::text::format;

/// The panel of the present step, and what went wrong with the last act.
pub(crate) fn view(way: Way) -> AnyView {
    let name = way.words(|state| state.step().name().to_owned());
    let retrying = way.flag(|state| !state.retrying);
    let problem_title = way.words(|state| match state.problem {
        Some(_) => state.text().error_title.to_owned(),
        None => String::new(),
    });
    let problem = way.words(|state| state.problem.unwrap_or_default().to_owned());
    let no_problem = way.flag(|state| state.problem.is_none());
    let panel = move || match way.step.get() {
        Step::Announced => announced(way),
        Step::Invited => invited(way),
        Step::Joining => joining(way),
        Step::Lobby => lobby(way),
        Step::Line => line(way),
        Step::Called => called(way),
        Step::Ordered => ordered(way),
        Step::SoldOut | Step::Over => ended(way),
        Step::Left => left(way),
    };
    view! {
        <section class="panel step" aria-labelledby="step-title" data-step=name>
            {panel}
            {paragraph("note", Some("status"), fixed(way.text().busy), retrying)}
            <div role="alert">{stressed("problem", problem_title, problem, no_problem)}</div>
        </section>
    }
    .into_any()
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
            Step::Line => text.line_title,
            Step::Called => text.called_title,
            Step::Ordered if self.order_failed() => text.order_failed_title,
            Step::Ordered => text.ordered_title,
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

    /// The ticket's number as people count, from 1.
    fn ticket(&self) -> u64 {
        self.standing.as_ref().map_or(0, |mine| mine.number.0 + 1)
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

fn title(way: Way) -> AnyView {
    heading(
        "step-title",
        way.words(|state| state.step_title().to_owned()),
    )
}

fn announced(way: Way) -> AnyView {
    vec![title(way), said(way.text().announced_text)].into_any()
}

fn join(way: Way, class: &'static str, label: &str) -> AnyView {
    Button::new("join", class, label).view(move || way.join())
}

fn invited(way: Way) -> AnyView {
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
        paragraph("", None, words, never()),
        join(way, "button button-main", text.join),
        noted(text.join_note),
    ]
    .into_any()
}

fn joining(way: Way) -> AnyView {
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
        said(text.joining_text),
        bar(text.solving, done, of),
        paragraph("note", None, words, never()),
    ]
    .into_any()
}

fn ticket(way: Way) -> AnyView {
    let number = way.words(|state| {
        let number = format::count(state.lang, state.ticket());
        format::fill(state.text().ticket_no, &[&number])
    });
    fact(way.text().ticket, number, fixed(""))
}

fn lobby(way: Way) -> AnyView {
    let text = way.text();
    // The broadcast may be older than this very ticket.
    let people = way.words(|state| {
        let people = state.snapshot.tail.max(state.ticket());
        format::plural(state.lang, state.text().people, people)
    });
    vec![
        title(way),
        said(text.lobby_text),
        facts(vec![ticket(way), fact(text.in_lobby, people, fixed(""))]),
        noted(text.line_note),
    ]
    .into_any()
}

fn line(way: Way) -> AnyView {
    let text = way.text();
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
    let passed = way.words(|state| {
        let (rank, ahead, ..) = state.waiting();
        rank.saturating_sub(ahead + 1).to_string()
    });
    let all = way.words(|state| state.waiting().0.saturating_sub(1).max(1).to_string());
    let wait = way.words(|state| format::wait(state.lang, state.waiting().2));
    let rank = way.words(|state| format::count(state.lang, state.waiting().0));
    let odds = way.words(|state| state.text().odds(state.waiting().3).0.to_owned());
    let why = way.words(|state| state.text().odds(state.waiting().3).1.to_owned());
    vec![
        title(way),
        stressed("ahead", ahead, people, never()),
        bar(text.progress, passed, all),
        facts(vec![
            fact(text.wait, wait, fixed("")),
            fact(text.place, rank, fixed("")),
            fact(text.odds, odds, why),
            ticket(way),
        ]),
        noted(text.line_note),
    ]
    .into_any()
}

fn called(way: Way) -> AnyView {
    let words = way.words(|state| {
        let text = state.text();
        match state.card() {
            Card::Checking => text.called_card_checked,
            Card::Held if state.pass.is_none() => text.called_wait,
            Card::Held => text.called_text,
            _ => text.called_needs_card,
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
    let buy = Button {
        id: "buy",
        class: "button button-main button-buy",
        label,
        hidden: never(),
        disabled: way.flag(|state| !state.may_buy()),
    };
    vec![
        title(way),
        paragraph("", None, words, never()),
        buy.view(move || way.buy()),
        stressed(
            "time-left",
            left,
            fixed(way.text().called_left),
            way.flag(|state| state.pass.is_none()),
        ),
    ]
    .into_any()
}

fn ordered(way: Way) -> AnyView {
    let text = way.text();
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
    let link = way.peek(|state| {
        state
            .order()
            .map(|order| ["/orders/", &order.order].concat())
    });
    vec![
        title(way),
        paragraph("", None, words, never()),
        paragraph(
            "note",
            Some("status"),
            status,
            way.flag(State::order_failed),
        ),
        view! { <a class="button button-main" id="receipt" href=link>{text.receipt}</a> }
            .into_any(),
    ]
    .into_any()
}

fn ended(way: Way) -> AnyView {
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
        paragraph("", None, words, never()),
        paragraph("", None, fixed(way.text().sold_out_sorry), did_not_wait),
    ]
    .into_any()
}

fn left(way: Way) -> AnyView {
    let text = way.text();
    vec![
        title(way),
        said(text.left_text),
        join(way, "button", text.join_again),
    ]
    .into_any()
}
