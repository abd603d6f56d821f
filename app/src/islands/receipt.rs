//! The receipt: an order, and how far it is, live until nothing changes any more.

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::wire::{Order, OrderStatus};

use super::clock::jittered;
use super::journey::step::{order_is_pending, order_state};
use super::parts::{self, block, fact, fixed, never};
use crate::browser::{http::Call, page};
use crate::text::{Lang, format};

/// One order.
#[island]
pub(crate) fn Receipt(order: Order, lang: Lang) -> impl IntoView {
    let text = lang.text();
    let nothing = fixed("");
    let said = |name, words: String| fact(name, fixed(&words), nothing);
    let amount = said(text.order_amount, format::money(lang, order.amount));
    let unit = said(
        text.order_unit,
        format::count(lang, u64::from(order.unit.0) + 1),
    );
    let card = said(
        text.order_card,
        format::card(text, order.brand.as_deref(), order.last4.as_deref()),
    );
    let email = said(text.order_email, order.email.clone());
    let number = said(text.order_number, order.order.clone());

    let awake = RwSignal::new(false);
    let order = RwSignal::new(order);
    Effect::new(move || {
        awake.set(true);
        spawn_local(follow(order));
    });
    let status = move || order.with(|order| order.status);
    let moment = move |ms: u64| match awake.get() {
        true => page::local_time(ms, lang.code(), true),
        false => format::utc(lang, ms),
    };
    let claimed = Signal::derive(move || moment(order.with(|order| order.claimed_at)));
    let captured = Signal::derive(move || match order.with(|order| order.captured_at) {
        Some(at) => moment(at),
        None if is_bad(status()) => "–".to_owned(),
        None => text.order_waiting.to_owned(),
    });
    let state = move || Signal::derive(move || text.order_states[order_state(status())].to_owned());
    let bad = Signal::derive(move || is_bad(status()));
    let good = Signal::derive(move || !is_bad(status()));
    block(
        "panel receipt",
        None,
        never(),
        vec![
            parts::paragraph("receipt-state good", Some("status"), state(), bad),
            parts::paragraph("receipt-state bad", Some("status"), state(), good),
            parts::facts(vec![
                amount,
                unit,
                card,
                email,
                fact(text.order_claimed, claimed, nothing),
                fact(text.order_captured, captured, nothing),
                number,
            ]),
        ],
    )
}

fn is_bad(status: OrderStatus) -> bool {
    matches!(
        status,
        OrderStatus::Failed | OrderStatus::Refunding | OrderStatus::Refunded
    )
}

async fn follow(order: RwSignal<Order>) {
    let path = order.with_untracked(|order| ["/api/v1/orders/", &order.order].concat());
    let mut pause = 700.0;
    while order.with_untracked(order_is_pending) {
        page::sleep(jittered(pause, 0.3, page::dice())).await;
        pause = (pause * 1.5_f64).min(10_000.0);
        if let Ok(answer) = Call::get(&path).send().await
            && let Ok(newer) = answer.read()
        {
            order.set(newer);
        }
    }
}
