//! Called, and what was bought.

use super::super::state::State;
use super::super::step::{Busy, Card, order_state};
use super::super::way::Way;
use super::title;
use crate::islands::parts::{Part, button, note, p, stressed};
use crate::text::format;

pub(super) fn called(way: Way) -> Vec<Part> {
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

pub(super) fn ordered(way: Way) -> Vec<Part> {
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
