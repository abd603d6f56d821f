//! The sale as a whole: phase, units, countdown, an honest word when it is paused; and the four
//! stations of the way, so that everyone sees where they are and what is still to come.

use protocol::Phase;

use super::state::State;
use super::way::Way;
use crate::islands::parts::{Part, Value, p};
use crate::islands::when::Moment;
use crate::text::format;

/// Phase and units.
pub(crate) fn view(way: Way) -> Part {
    let phase = way.words(|state| state.snapshot.phase.as_str().to_owned());
    let name = way.words(|state| state.text().phase(state.snapshot.phase).to_owned());
    let units = way.words(|state| {
        let number = |n: u32| format::count(state.lang, u64::from(n));
        let stock = state.snapshot.stock;
        format::fill(
            state.text().units_left,
            &[&number(stock.free), &number(stock.total)],
        )
    });
    let meter = Part::text("meter", "")
        .with("min", "0")
        .with(
            "max",
            way.words(|state| state.snapshot.stock.total.to_string()),
        )
        .with(
            "value",
            way.words(|state| state.snapshot.stock.free.to_string()),
        )
        .with("aria-hidden", "true");
    let stock = Part::parts("div", vec![meter, p(units)]).class("stock");
    Part::parts("div", vec![p(name).class("phase"), stock])
        .class("status")
        .with("data-phase", phase)
}

impl State {
    /// Seconds until the opening, and until the draw.
    fn countdowns(&self) -> (u64, u64) {
        let draw_at = self.snapshot.draw.at.max(self.snapshot.opens_at);
        (
            self.seconds_until(self.snapshot.opens_at),
            self.seconds_until(draw_at),
        )
    }
}

/// Until the opening, then until the draw.
pub(crate) fn countdown(way: Way) -> Part {
    let label = way.words(|state| {
        let text = state.text();
        let words = match state.countdowns() {
            (1.., _) => text.opens_in,
            (0, 1..) => text.draw_in,
            (0, 0) => text.draw_now,
        };
        words.to_owned()
    });
    let digits = way.words(|state| {
        let (opening, draw) = state.countdowns();
        format::countdown(state.lang, if opening > 0 { opening } else { draw })
    });
    let when = way.words(|state| {
        let moment = Moment {
            ms: state.snapshot.opens_at,
            lang: state.lang,
        };
        moment.words(state.awake)
    });
    Part::parts(
        "div",
        vec![
            p(label).class("countdown-label"),
            p(digits).class("countdown-digits").with("role", "timer"),
            Part::text("time", when).class("countdown-when").with(
                "datetime",
                way.words(|state| format::iso(state.snapshot.opens_at)),
            ),
        ],
    )
    .class("countdown")
    .with(
        "hidden",
        way.flag(|state| !matches!(state.snapshot.phase, Phase::Scheduled | Phase::Lobby)),
    )
}

/// Said while the sale is held.
pub(crate) fn paused(way: Way) -> Part {
    let text = way.text();
    Part::parts(
        "div",
        vec![Part::text("h2", text.paused_title), p(text.paused_text)],
    )
    .class("panel panel-warn")
    .with(
        "hidden",
        way.flag(|state| state.snapshot.phase != Phase::Paused),
    )
}

/// What the operator wants everyone to know, or the edge, whose words are in the reader's language.
pub(crate) fn message(way: Way) -> Part {
    let words = |state: &State| match state.snapshot.notice {
        Some(notice) => state.text().notices[notice as usize].to_owned(),
        None => state.snapshot.message.clone().unwrap_or_default(),
    };
    p(way.words(words))
        .class("message")
        .with("role", "status")
        .with("hidden", way.flag(|state| state.snapshot.message.is_none()))
}

/// Join, wait, buy, yours.
pub(crate) fn stations(way: Way) -> Part {
    let text = way.text();
    let stations = text.way.into_iter().enumerate().map(|(at, name)| {
        let station = move || way.read(|state| state.step().station());
        let current = move || if station() == Some(at) { "step" } else { "" }.to_owned();
        let done = move || {
            if station().is_some_and(|now| at < now) {
                "done"
            } else {
                ""
            }
            .to_owned()
        };
        Part::text("li", name)
            .with("aria-current", Value::words(current))
            .with("class", Value::words(done))
    });
    Part::parts(
        "nav",
        vec![Part::parts("ol", stations.collect()).class("way")],
    )
    .with("aria-label", text.way_label)
    .with("hidden", way.flag(|state| state.step().station().is_none()))
}
