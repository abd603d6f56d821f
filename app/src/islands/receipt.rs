//! The receipt: an order, and how far it is, live until nothing changes any more.

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::wire::{Order, OrderStatus};
use serde::{Deserialize, Serialize};

use super::clock::jittered;
use super::given::Given;
use super::journey::step::{order_is_pending, order_state};
use super::parts::{Part, Value, fact, facts, long_fact, p, whenever};
use super::when::Moment;
use crate::browser::{http::Call, page};
use crate::text::{Lang, format};

/// What a receipt shows.
#[derive(Serialize, Deserialize)]
pub(crate) struct Bought {
    pub(crate) order: Order,
    pub(crate) lang: Lang,
    /// The browser is awake.
    pub(crate) awake: bool,
}

impl Bought {
    fn is_bad(&self) -> bool {
        use OrderStatus::{Failed, Refunded, Refunding};
        matches!(self.order.status, Failed | Refunding | Refunded)
    }

    fn time(&self, ms: u64) -> String {
        Moment {
            ms,
            lang: self.lang,
        }
        .words(self.awake)
    }
}

/// One order. Given a [`Bought`].
#[island]
pub(crate) fn Receipt() -> impl IntoView {
    Given::to(view)
}

fn view(bought: Bought) -> Part {
    let text = bought.lang.text();
    let bought = RwSignal::new(bought);
    whenever(move || {
        bought.update(|bought| bought.awake = true);
        spawn_local(follow(bought));
    });
    let words = move |words: fn(&Bought) -> String| Value::words(move || bought.with(words));
    let row = move |name, value| fact(name, words(value), "");
    let long = move |name, value| long_fact(name, words(value));
    let tone = words(|b| {
        if b.is_bad() {
            "panel receipt bad"
        } else {
            "panel receipt good"
        }
        .to_owned()
    });
    let state = words(|b| b.lang.text().order_states[order_state(b.order.status)].to_owned());
    let rows = vec![
        row(text.order_amount, |b| format::money(b.lang, b.order.amount)),
        row(text.order_unit, |b| {
            format::count(b.lang, u64::from(b.order.unit.0) + 1)
        }),
        row(text.order_claimed, |b| b.time(b.order.claimed_at)),
        row(text.order_captured, |b| match b.order.captured_at {
            Some(at) => b.time(at),
            None if b.is_bad() => "–".to_owned(),
            None => b.lang.text().order_waiting.to_owned(),
        }),
        long(text.order_card, |b| {
            format::card(
                b.lang.text(),
                b.order.brand.as_deref(),
                b.order.last4.as_deref(),
            )
        }),
        long(text.order_email, |b| b.order.email.clone()),
        long(text.order_number, |b| b.order.order.clone()),
    ];
    // The sale's page says how long there is for it, or that it is too late.
    let sale = bought.with_untracked(|b| ["/sales/", b.order.sale.as_str()].concat());
    let another = Part::text("a", text.another_card_link)
        .class("button button-main")
        .with("href", sale)
        .with(
            "hidden",
            words(|b| match b.order.status {
                OrderStatus::Failed => String::new(),
                _ => "hidden".to_owned(),
            }),
        );
    Part::parts(
        "div",
        vec![
            p(state).class("receipt-state").with("role", "status"),
            facts(rows),
            another,
        ],
    )
    .with("class", tone)
}

async fn follow(bought: RwSignal<Bought>) {
    let path = bought.with_untracked(|bought| ["/api/v1/orders/", &bought.order.order].concat());
    let mut pause = 700.0;
    while bought.with_untracked(|bought| order_is_pending(&bought.order)) {
        page::sleep(jittered(pause, 0.3, page::dice())).await;
        pause = (pause * 1.5_f64).min(10_000.0);
        if let Ok(answer) = Call::get(&path).send().await
            && let Ok(newer) = answer.read()
        {
            bought.update(|bought| bought.order = newer);
        }
    }
}
