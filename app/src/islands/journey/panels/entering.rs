//! Before there is a ticket: announced, invited, joining.

use super::super::way::Way;
use super::{bar, join, title};
use crate::islands::parts::{Part, button, note, p};
use crate::text::format;

pub(super) fn announced(way: Way) -> Vec<Part> {
    vec![title(way), p(way.text().announced_text)]
}

pub(super) fn invited(way: Way) -> Vec<Part> {
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

pub(super) fn joining(way: Way) -> Vec<Part> {
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
        p(text.joining_text).with("hidden", way.flag(|state| state.asked)),
        bar(text.solving, done, of).with("hidden", way.flag(|state| state.asked)),
        note(words),
        // For who is asked for more: public/captcha.js puts its form here.
        Part::text("div", "").with("id", "captcha"),
        button("stop", "button", text.stop_solving, move || {
            way.stop_joining();
        })
        .with("hidden", way.flag(|state| !state.may_stop())),
    ]
}
