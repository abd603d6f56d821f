//! The receipt: an order, and how far it is, live until nothing changes any more.

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::wire::{Order, OrderStatus};

use super::clock::jittered;
use super::facts::fact;
use super::journey::step::{order_is_pending, order_state};
use super::when::moment;
use crate::browser::{http::Call, page};
use crate::text::{Lang, format};

/// One order.
#[island]
pub(crate) fn Receipt(order: Order, lang: Lang) -> impl IntoView {
    let text = lang.text();
    let card = format::card(text, order.brand.as_deref(), order.last4.as_deref());
    let (number, unit, email) = (order.order.clone(), order.unit, order.email.clone());
    let (amount, claimed_at) = (format::money(lang, order.amount), order.claimed_at);
    let order = RwSignal::new(order);
    Effect::new(move || spawn_local(follow(order)));

    let status = move || order.with(|order| order.status);
    view! {
        <div class="panel receipt" class:panel-good=move || !is_bad(status()) class:panel-bad=move || is_bad(status())>
            <p class="receipt-state" role="status">
                {move || text.order_states[order_state(status())]}
            </p>
            <dl class="facts">
                {fact(text.order_amount, amount)}
                {fact(text.order_unit, format::count(lang, u64::from(unit.0) + 1))}
                {fact(text.order_card, card)}
                {fact(text.order_email, email)}
                {fact(text.order_claimed, moment(claimed_at, lang))}
                {fact(
                    text.order_captured,
                    move || match order.with(|order| order.captured_at) {
                        Some(at) => moment(at, lang),
                        None if is_bad(status()) => "–".into_any(),
                        None => text.order_waiting.into_any(),
                    },
                )}
                {fact(text.order_number, view! { <code>{number}</code> })}
            </dl>
        </div>
    }
}

fn is_bad(status: OrderStatus) -> bool {
    matches!(status, OrderStatus::Failed | OrderStatus::Refunding | OrderStatus::Refunded)
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
