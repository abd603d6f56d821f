//! The sale as a whole: phase, units, countdown, an honest word when it is paused; and the four
//! stations of the way, so that everyone sees where they are and what is still to come.

use leptos::prelude::*;
use protocol::Phase;

use super::state::State;
use super::way::Way;
use crate::browser::page;
use crate::islands::parts::{Words, block, fixed, never, paragraph, time};
use crate::text::format;

/// The strip above the panels.
pub(crate) fn view(way: Way) -> AnyView {
    let text = way.text();
    let phase = way.words(|state| state.snapshot.phase.as_str().to_owned());
    let name = way.words(|state| state.text().phase(state.snapshot.phase).to_owned());
    let free = way.words(|state| state.snapshot.stock.free.to_string());
    let total = way.words(|state| state.snapshot.stock.total.to_string());
    let units = way.words(|state| {
        let number = |n: u32| format::count(state.lang, u64::from(n));
        let stock = state.snapshot.stock;
        format::fill(
            state.text().units_left,
            &[&number(stock.free), &number(stock.total)],
        )
    });
    let paused = vec![
        view! { <h2>{text.paused_title}</h2> }.into_any(),
        paragraph("", None, fixed(text.paused_text), never()),
    ];
    let message = way.words(|state| state.snapshot.message.clone().unwrap_or_default());
    view! {
        <div class="status" data-phase=phase>
            {paragraph("phase", None, name, never())}
            <div class="stock">
                <meter min="0" max=total value=free aria-hidden="true"></meter>
                {paragraph("", None, units, never())}
            </div>
        </div>
        {countdown(way)}
        {block("panel panel-warn", Some("status"), way.flag(|s| s.snapshot.phase != Phase::Paused), paused)}
        {paragraph("message", Some("status"), message, way.flag(|s| s.snapshot.message.is_none()))}
    }
    .into_any()
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

fn countdown(way: Way) -> AnyView {
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
    let when: Words = way.words(|state| {
        let at = state.snapshot.opens_at;
        match state.awake {
            true => page::local_time(at, state.lang.code(), true),
            false => format::utc(state.lang, at),
        }
    });
    let iso = way.peek(|state| format::iso(state.snapshot.opens_at));
    let over = way.flag(|state| !matches!(state.snapshot.phase, Phase::Scheduled | Phase::Lobby));
    block(
        "countdown",
        None,
        over,
        vec![
            paragraph("countdown-label", None, label, never()),
            paragraph("countdown-digits", Some("timer"), digits, never()),
            time(iso, when),
        ],
    )
}

/// Join, wait, buy, yours.
pub(crate) fn stations(way: Way) -> AnyView {
    let text = way.text();
    let step = way.step;
    let stations: Vec<AnyView> = text
        .way
        .into_iter()
        .enumerate()
        .map(|(at, name)| {
            let current: Signal<Option<String>> = Signal::derive(move || {
                let now = step.get().station();
                (now == Some(at)).then(|| "step".to_owned())
            });
            let class: Words = Signal::derive(move || {
                let done = step.get().station().is_some_and(|now| at < now);
                if done { "done" } else { "" }.to_owned()
            });
            view! { <li aria-current=current class=class>{name}</li> }.into_any()
        })
        .collect();
    let hidden = way.flag(|state| state.step().station().is_none());
    view! {
        <nav aria-label=text.way_label hidden=hidden>
            <ol class="way">{stations}</ol>
        </nav>
    }
    .into_any()
}
