//! In the lobby, in line, on the waitlist.

use super::super::state::State;
use super::super::way::Way;
use super::{bar, how_drawn, title};
use crate::islands::parts::{Part, fact, facts, note, p, stressed};
use crate::text::format;
use protocol::Phase;

fn ticket(way: Way) -> Part {
    let number = way.words(|state| {
        let number = format::count(state.lang, state.ticket());
        format::fill(state.text().ticket_no, &[&number])
    });
    fact(way.text().ticket, number, "")
}

pub(super) fn lobby(way: Way) -> Vec<Part> {
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

pub(super) fn line(way: Way) -> Vec<Part> {
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

pub(super) fn waitlist(way: Way) -> Vec<Part> {
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
