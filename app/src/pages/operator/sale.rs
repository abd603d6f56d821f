//! One sale on the console: where it stands, and what can be done about it.

use leptos::prelude::*;
use protocol::wire::SaleInfo;
use protocol::{Phase, Snapshot};

use super::{acts, decisions, edit, refund};
use crate::context::OperatorSale;
use crate::text::{Lang, OperatorText, format};

/// Figures and what is done in a hurry first, the rest behind a word.
pub(super) fn view(lang: Lang, text: &'static OperatorText, shown: &OperatorSale) -> AnyView {
    let (info, snapshot) = (&shown.info, &shown.snapshot);
    let is_over = snapshot.phase == Phase::Closed;
    view! {
        <article class="panel operator-sale" data-phase=snapshot.phase.as_str()>
            <p class="phase">{lang.text().phase(snapshot.phase)}</p>
            <h3>
                <a href=format!("/sales/{}", info.sale)>{info.title.clone()}</a>
            </h3>
            <p class="note">
                {format::money(lang, info.price)} " · " <code>{info.sale.to_string()}</code> " · "
                <time datetime=format::iso(snapshot.opens_at)>{format::utc(lang, snapshot.opens_at)}</time>
            </p>
            {figures(lang, text, snapshot)}
            {steer(text, info, snapshot)}
            {(!is_over).then(|| edit::form(text, shown))}
            {(snapshot.stock.claimed > 0).then(|| (refund::form(text, info), refund::orders(text, info)))}
            {(!shown.decisions.is_empty()).then(|| decisions::view(lang, text, shown))}
            {(!shown.acts.is_empty()).then(|| acts::view(lang, text, shown))}
        </article>
    }
    .into_any()
}

fn figures(lang: Lang, text: &'static OperatorText, snapshot: &Snapshot) -> AnyView {
    let number = |n: u64| format::count(lang, n);
    let stock = snapshot.stock;
    let figures: Vec<_> = [
        (text.free, number(stock.free.into())),
        (text.reserved, number(stock.reserved.into())),
        (text.claimed, number(stock.claimed.into())),
        (text.tickets, number(snapshot.tail)),
        (text.called, number(snapshot.frontier)),
        (
            text.rate,
            format::fill(text.per_second, &[&number(snapshot.rate.into())]),
        ),
    ]
    .into_iter()
    .map(|(name, value)| view! { <div class="fact"><dt>{name}</dt><dd>{value}</dd></div> })
    .collect();
    view! { <dl class="facts facts-dense">{figures}</dl> }.into_any()
}

/// The acts that fit the phase.
fn steer(text: &'static OperatorText, info: &SaleInfo, snapshot: &Snapshot) -> AnyView {
    let to = |act: &str| format!("/operator/sales/{}/{act}", info.sale);
    let press = |act: &str, label: &'static str, class: &'static str| {
        view! {
            <form method="post" action=to(act)>
                <button class=class type="submit">{label}</button>
            </form>
        }
        .into_any()
    };
    let act = match snapshot.phase {
        Phase::Scheduled | Phase::Lobby => Some(press("open", text.open, "button button-main")),
        Phase::Paused => Some(press("resume", text.resume, "button button-main")),
        Phase::Open | Phase::SoldOut | Phase::Closed => None,
    };
    let may_pause = matches!(
        snapshot.phase,
        Phase::Scheduled | Phase::Lobby | Phase::Open
    );
    let end = (snapshot.phase != Phase::Closed).then(|| {
        view! {
            <details class="sure">
                <summary>{text.end}</summary>
                {press("end", text.end_sure, "button button-danger")}
            </details>
        }
    });
    let goes_on = !matches!(snapshot.phase, Phase::SoldOut | Phase::Closed);
    view! {
        {act}
        {may_pause.then(|| pause(text, info, to("pause")))}
        {goes_on.then(|| rate(text, info, to("rate")))}
        {end}
    }
    .into_any()
}

/// One press holds everything; what everyone reads meanwhile may be said, and need not.
fn pause(text: &'static OperatorText, info: &SaleInfo, action: String) -> AnyView {
    let id = format!("message-{}", info.sale);
    view! {
        <form class="aside" method="post" action=action>
            <div class="field">
                <label for=id.clone()>{text.pause_message}</label>
                <input id=id name="message" maxlength="200" />
            </div>
            <button class="button" type="submit">{text.pause}</button>
        </form>
    }
    .into_any()
}

/// Empty at first: the present rate may be less than the one that was set, while something behind the line is slow.
fn rate(text: &'static OperatorText, info: &SaleInfo, action: String) -> AnyView {
    let id = format!("rate-{}", info.sale);
    view! {
        <form class="aside" method="post" action=action>
            <div class="field">
                <label for=id.clone()>{text.set_rate}</label>
                <input id=id name="rate" type="number" required min="1" max="100000" />
            </div>
            <button class="button" type="submit">{text.set_rate_button}</button>
        </form>
    }
    .into_any()
}
