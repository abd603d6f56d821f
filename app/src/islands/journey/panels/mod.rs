//! One panel for each step, in the order of the way: [`entering`], [`waiting`], [`buying`], [`ending`].
//! [`words`] are the texts that follow from more than one value.

mod buying;
mod ending;
mod entering;
mod waiting;
mod words;

use leptos::prelude::*;

use super::step::Step;
use super::way::Way;
use crate::islands::parts::{Part, Value, button, heading, note, stressed};

/// The panel of the present step, and what went wrong with the last act.
pub(crate) fn view(way: Way) -> Part {
    let panel = move || match way.step.get() {
        Step::Announced => entering::announced(way),
        Step::Invited => entering::invited(way),
        Step::Joining => entering::joining(way),
        Step::Lobby => waiting::lobby(way),
        Step::Line => waiting::line(way),
        Step::Called => buying::called(way),
        Step::Ordered => buying::ordered(way),
        Step::Waitlist => waiting::waitlist(way),
        Step::SoldOut | Step::Over => ending::ended(way),
        Step::Left => ending::left(way),
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

fn title(way: Way) -> Part {
    heading(
        "step-title",
        way.words(|state| state.step_title().to_owned()),
    )
}

fn join(way: Way, class: &'static str, label: &'static str) -> Part {
    button("join", class, label, move || way.join())
}

/// A bar that fills.
fn bar(label: &'static str, value: Value, max: Value) -> Part {
    Part::text("progress", "")
        .with("aria-label", label)
        .with("max", max)
        .with("value", value)
}

/// Whoever wonders can check the draw.
fn how_drawn(way: Way) -> Part {
    let page = way.peek(|state| ["/sales/", state.info.sale.as_str(), "/draw"].concat());
    let link = Part::text("a", way.text().how_drawn).with("href", page);
    Part::parts("p", vec![link])
        .class("note")
        .with("hidden", way.flag(|state| !state.draw_is_made()))
}
