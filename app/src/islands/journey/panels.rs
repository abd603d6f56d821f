//! One panel for each step.

use leptos::prelude::*;
use protocol::place::Place;
use protocol::wire::OrderStatus;
use protocol::{Phase, Rank};

use super::state::Way;
use super::step::{Busy, Card, Step, order_state};
use crate::islands::clock::seconds_until;
use crate::islands::facts::fact;
use crate::text::format;

/// The panel of the present step, and what went wrong with the last act.
pub(crate) fn view(way: Way) -> AnyView {
    let text = way.text();
    let retrying = move || way.retrying.get();
    view! {
        <section class="panel step" aria-labelledby="step-title" data-step=move || format!("{:?}", way.step.get())>
            {move || match way.step.get() {
                Step::Announced => announced(way),
                Step::Invited => invited(way),
                Step::Joining => joining(way),
                Step::Lobby => lobby(way),
                Step::Line => line(way),
                Step::Called => called(way),
                Step::Ordered => ordered(way),
                Step::SoldOut | Step::Over => ended(way),
                Step::Left => left(way),
            }}
            <p class="note" role="status" hidden=move || !retrying()>{text.busy}</p>
            <div class="problem" role="alert">
                {move || {
                    way.problem.get().map(|words| view! { <strong>{text.error_title}</strong> " " {words} })
                }}
            </div>
        </section>
    }
    .into_any()
}

impl Way {
    /// What the present step is called.
    pub(crate) fn step_title(self) -> &'static str {
        let text = self.text();
        match self.step.get_untracked() {
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

    fn draw_is_made(self) -> bool {
        self.snapshot.with(|snapshot| snapshot.draw.size.is_some())
    }

    fn order_failed(self) -> bool {
        self.standing.with(|mine| {
            let order = mine.as_ref().and_then(|m| m.order.as_ref());
            order.is_some_and(|order| order.status == OrderStatus::Failed)
        })
    }
}

/// The heading takes the focus when a press of the shopper led here.
fn heading(title: impl IntoView + 'static) -> AnyView {
    view! { <h2 id="step-title" tabindex="-1">{title.into_view()}</h2> }.into_any()
}

fn announced(way: Way) -> AnyView {
    let text = way.text();
    view! {
        {heading(text.announced_title)}
        <p>{text.announced_text}</p>
    }
    .into_any()
}

fn invited(way: Way) -> AnyView {
    let text = way.text();
    let late = Memo::new(move |_| way.draw_is_made());
    let title = move || if late.get() { text.late_invite_title } else { text.lobby_invite_title };
    let words = move || if late.get() { text.late_invite_text } else { text.lobby_invite_text };
    view! {
        {heading(title)}
        <p>{words}</p>
        <button type="button" class="button button-main" id="join" on:click=move |_| way.join()>
            {text.join}
        </button>
        <p class="note">{text.join_note}</p>
    }
    .into_any()
}

fn joining(way: Way) -> AnyView {
    let text = way.text();
    let (done, of) = (
        move || way.puzzle.get().map_or(0, |(done, _)| done),
        move || way.puzzle.get().map_or(1, |(_, of)| of),
    );
    let words = move || match way.puzzle.get() {
        None => String::new(),
        Some((done, of)) if done == of => text.sending.to_owned(),
        Some((done, of)) => format::fill(text.solved, &[&done.to_string(), &of.to_string()]),
    };
    view! {
        {heading(text.joining_title)}
        <p>{text.joining_text}</p>
        <progress
            aria-label=text.solving
            max=move || of().to_string()
            value=move || done().to_string()
        ></progress>
        <p class="note">{words}</p>
    }
    .into_any()
}

fn ticket(way: Way) -> AnyView {
    let number = move || {
        let number = way.standing.with(|mine| mine.as_ref().map_or(0, |m| m.number.0));
        format::fill(way.text().ticket_no, &[&format::count(way.lang, number + 1)])
    };
    fact(way.text().ticket, number)
}

fn lobby(way: Way) -> AnyView {
    let text = way.text();
    let tail = Memo::new(move |_| way.snapshot.with(|snapshot| snapshot.tail));
    // The broadcast may be older than this very ticket.
    let people = move || {
        let mine = way.standing.with(|mine| mine.as_ref().map_or(0, |m| m.number.0 + 1));
        format::plural(way.lang, text.people, tail.get().max(mine))
    };
    view! {
        {heading(text.lobby_title)}
        <p>{text.lobby_text}</p>
        <dl class="facts">
            {ticket(way)}
            {fact(text.in_lobby, people)}
        </dl>
        <p class="note">{text.line_note}</p>
    }
    .into_any()
}

fn line(way: Way) -> AnyView {
    let text = way.text();
    let waiting = Memo::new(move |_| match way.place.get() {
        Some(Place::Waiting { rank, ahead, eta_s, odds }) => Some((rank, ahead, eta_s, odds)),
        _ => None,
    });
    let rank = Memo::new(move |_| waiting.get().map_or(Rank(0), |(rank, ..)| rank));
    let ahead = Memo::new(move |_| waiting.get().map_or(0, |(_, ahead, ..)| ahead));
    let number = move || format::count(way.lang, ahead.get());
    let people = move || match ahead.get() {
        1 => text.ahead.0,
        _ => text.ahead.1,
    };
    let odds = move || waiting.get().map(|(.., odds)| text.odds(odds));
    view! {
        {heading(text.line_title)}
        <p class="ahead" hidden=move || ahead.get() == 0>
            <strong>{number}</strong>
            " "
            {people}
        </p>
        <p class="ahead" hidden=move || ahead.get() != 0>
            <strong>{text.next}</strong>
        </p>
        <progress
            aria-label=text.progress
            max=move || rank.get().0.max(1).to_string()
            value=move || rank.get().0.saturating_sub(ahead.get()).to_string()
        ></progress>
        <dl class="facts">
            {fact(text.wait, move || waiting.get().map(|(_, _, eta, _)| format::wait(way.lang, eta)))}
            {fact(text.place, move || format::count(way.lang, rank.get().0 + 1))}
            {fact(
                text.odds,
                view! {
                    {move || odds().map(|(name, _)| name)}
                    <small>{move || odds().map(|(_, why)| why)}</small>
                },
            )}
            {ticket(way)}
        </dl>
        <p class="note">{text.line_note}</p>
    }
    .into_any()
}

fn called(way: Way) -> AnyView {
    let text = way.text();
    let left = move || {
        way.pass
            .with(|pass| pass.as_ref().map(|pass| pass.expires_at))
            .map(|at| format::countdown(way.lang, seconds_until(at, way.now_s.get() * 1000)))
    };
    let paused = Memo::new(move |_| way.snapshot.with(|snapshot| snapshot.phase == Phase::Paused));
    let words = move || match way.card.get() {
        Card::Checking => text.called_card_checked,
        Card::Held if way.pass.with(Option::is_none) => text.called_wait,
        Card::Held => text.called_text,
        _ => text.called_needs_card,
    };
    let label = move || match way.busy.get() {
        Busy::Buying => text.buying.to_owned(),
        _ => format::fill(text.buy, &[&way.price()]),
    };
    view! {
        {heading(text.called_title)}
        <p>{words}</p>
        <p class="time-left" hidden=move || way.pass.with(Option::is_none)>
            {text.called_left} " " <strong role="timer">{left}</strong>
        </p>
        <button
            type="button"
            class="button button-main button-buy"
            id="buy"
            disabled=move || !way.may_buy() || paused.get()
            on:click=move |_| way.buy()
        >
            {label}
        </button>
    }
    .into_any()
}

fn ordered(way: Way) -> AnyView {
    let text = way.text();
    let order = Memo::new(move |_| way.standing.with(|mine| mine.as_ref()?.order.clone()));
    let link = order.get_untracked().map(|order| ["/orders/", &order.order].concat());
    let total = way.info.with_value(|info| u64::from(info.units));
    let unit = move || {
        let unit = order.with(|order| order.as_ref().map_or(0, |o| u64::from(o.unit.0) + 1));
        let (unit, total) = (format::count(way.lang, unit), format::count(way.lang, total));
        format::fill(text.ordered_text, &[&unit, &total])
    };
    let words = move || if way.order_failed() { text.order_failed_text.to_owned() } else { unit() };
    let status = move || order.with(|o| o.as_ref().map(|o| text.order_states[order_state(o.status)]));
    view! {
        {heading(move || if way.order_failed() { text.order_failed_title } else { text.ordered_title })}
        <p>{words}</p>
        <p class="note" hidden=move || way.order_failed()>{status}</p>
        <a class="button button-main" id="receipt" href=link>{text.receipt}</a>
    }
    .into_any()
}

fn ended(way: Way) -> AnyView {
    let text = way.text();
    let sold_out = way.step.get_untracked() == Step::SoldOut;
    let units = way.info.with_value(|info| format::count(way.lang, u64::from(info.units)));
    let words = if sold_out { format::fill(text.sold_out_text, &[&units]) } else { text.over_text.to_owned() };
    let waited = move || sold_out && way.standing.with(|mine| mine.as_ref().is_some_and(|m| !m.left));
    view! {
        {heading(if sold_out { text.sold_out_title } else { text.over_title })}
        <p>{words}</p>
        <p hidden=move || !waited()>{text.sold_out_sorry}</p>
    }
    .into_any()
}

fn left(way: Way) -> AnyView {
    let text = way.text();
    view! {
        {heading(text.left_title)}
        <p>{text.left_text}</p>
        <button type="button" class="button" id="join" on:click=move |_| way.join()>
            {text.join_again}
        </button>
    }
    .into_any()
}
