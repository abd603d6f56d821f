//! The sale as a whole: phase, units, countdown, and an honest word when it is paused.

use leptos::prelude::*;
use protocol::Phase;

use super::state::Way;
use crate::islands::clock::seconds_until;
use crate::islands::when::moment;
use crate::text::format;

/// The strip above the panels.
pub(crate) fn view(way: Way) -> AnyView {
    let text = way.text();
    let phase = Memo::new(move |_| way.snapshot.with(|snapshot| snapshot.phase));
    let stock = Memo::new(move |_| way.snapshot.with(|snapshot| snapshot.stock));
    let units = move || {
        let (free, total) = stock.with(|stock| (stock.free, stock.total));
        let number = |n: u32| format::count(way.lang, u64::from(n));
        format::fill(text.units_left, &[&number(free), &number(total)])
    };
    view! {
        <div class="status" data-phase=move || phase.get().as_str()>
            <p class="phase">{move || text.phase(phase.get())}</p>
            <p class="stock">
                <meter
                    min="0"
                    max=move || stock.with(|stock| stock.total).to_string()
                    prop:value=move || f64::from(stock.with(|stock| stock.free))
                    value=stock.get_untracked().free.to_string()
                    aria-hidden="true"
                ></meter>
                <span>{units}</span>
            </p>
        </div>
        {countdown(way, phase)}
        {paused(way, phase)}
    }
    .into_any()
}

fn countdown(way: Way, phase: Memo<Phase>) -> AnyView {
    let text = way.text();
    let times = Memo::new(move |_| way.snapshot.with(|s| (s.opens_at, s.draw.at.max(s.opens_at))));
    let left = move |then: u64| seconds_until(then, way.now_s.get() * 1000);
    let opening = Memo::new(move |_| left(times.get().0) > 0);
    let label = move || match (opening.get(), left(times.get().1)) {
        (true, _) => text.opens_in,
        (false, 1..) => text.draw_in,
        (false, 0) => text.draw_now,
    };
    let digits = move || {
        let (opens_at, draw_at) = times.get();
        let seconds = left(if opening.get() { opens_at } else { draw_at });
        format::countdown(way.lang, seconds)
    };
    let before_draw = move || matches!(phase.get(), Phase::Scheduled | Phase::Lobby);
    view! {
        <div class="countdown" hidden=move || !before_draw()>
            <p class="countdown-label">{label}</p>
            <p class="countdown-digits" role="timer">{digits}</p>
            <p class="countdown-when">{move || moment(times.get().0, way.lang)}</p>
        </div>
    }
    .into_any()
}

fn paused(way: Way, phase: Memo<Phase>) -> AnyView {
    let text = way.text();
    let message = Memo::new(move |_| way.snapshot.with(|snapshot| snapshot.message.clone()));
    view! {
        <div class="panel panel-warn" role="status" hidden=move || phase.get() != Phase::Paused>
            <h2>{text.paused_title}</h2>
            <p>{text.paused_text}</p>
        </div>
        <p class="message" role="status" hidden=move || message.with(Option::is_none)>
            {move || message.get().unwrap_or_default()}
        </p>
    }
    .into_any()
}
