//! The operator's console: plain forms, no script, so that it weighs nothing on the shopper and works
//! when nothing else does. The server answers the forms and leads back here.

use leptos::prelude::*;
use leptos_meta::{Meta, Title};
use protocol::Phase;
use protocol::wire::SaleInfo;

use crate::context::{OperatorSale, OperatorView, Visit};
use crate::text::{Lang, OperatorText, format};

/// Login, or every sale with what can be done about it.
#[component]
pub(crate) fn Operator() -> impl IntoView {
    let visit = Visit::now();
    let console = use_context::<OperatorView>().unwrap_or_default();
    let text = &visit.lang.page().operator;
    let notice = console
        .notice
        .map(|notice| view! { <p class="panel panel-warn" role="status">{notice}</p> });
    let body = if console.logged_in {
        desk(visit.lang, text, console.sales)
    } else {
        login(text)
    };
    view! {
        <Title text=text.title />
        <Meta name="robots" content="noindex" />
        <section class="operator">
            <h1>{text.title}</h1>
            {notice}
            {body}
        </section>
    }
}

fn login(text: &'static OperatorText) -> AnyView {
    view! {
        <form class="panel form" method="post" action="/operator/login">
            <p>{text.login_lead}</p>
            <label for="password">{text.password}</label>
            <input id="password" name="password" type="password" autocomplete="current-password" required />
            <button class="button button-main" type="submit">{text.login}</button>
        </form>
    }
    .into_any()
}

fn desk(lang: Lang, text: &'static OperatorText, sales: Vec<OperatorSale>) -> AnyView {
    let none = sales.is_empty();
    let sales: Vec<_> = sales
        .into_iter()
        .map(|shown| sale(lang, text, &shown))
        .collect();
    view! {
        <div class="row">
            <a class="button button-quiet" href="/operator">{text.reload}</a>
            <form method="post" action="/operator/logout">
                <button class="button button-quiet" type="submit">{text.logout}</button>
            </form>
        </div>
        <h2>{text.sales}</h2>
        {none.then(|| view! { <p>{text.none}</p> })}
        <div class="operator-sales">{sales}</div>
        {announce(text)}
    }
    .into_any()
}

fn sale(lang: Lang, text: &'static OperatorText, shown: &OperatorSale) -> AnyView {
    let (info, snapshot) = (&shown.info, &shown.snapshot);
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

    let act = |name: &str, label: &'static str, class: &'static str| {
        view! {
            <form method="post" action=format!("/operator/sales/{}/{name}", info.sale)>
                <button class=class type="submit">{label}</button>
            </form>
        }
        .into_any()
    };
    let mut acts = Vec::new();
    match snapshot.phase {
        Phase::Scheduled | Phase::Lobby => acts.push(act("open", text.open, "button button-main")),
        Phase::Open => acts.push(act("pause", text.pause, "button")),
        Phase::Paused => acts.push(act("resume", text.resume, "button button-main")),
        Phase::SoldOut | Phase::Closed => {}
    }
    let may_end = snapshot.phase != Phase::Closed;
    let end = may_end.then(|| {
        view! {
            <details class="sure">
                <summary>{text.end}</summary>
                {act("end", text.end_sure, "button button-danger")}
            </details>
        }
    });
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
            <dl class="facts facts-dense">{figures}</dl>
            <div class="row">{acts} {end}</div>
            {(snapshot.stock.claimed > 0).then(|| refund(text, info))}
            {(!shown.decisions.is_empty()).then(|| super::decisions::view(lang, text, shown))}
        </article>
    }
    .into_any()
}

/// Gives money of one order back.
fn refund(text: &'static OperatorText, info: &SaleInfo) -> AnyView {
    let field = |name: &str| format!("refund-{}-{name}", info.sale);
    view! {
        <details>
            <summary>{text.refund}</summary>
            <form class="form" method="post" action=format!("/operator/sales/{}/refund", info.sale)>
                <label for=field("order")>{text.refund_order}</label>
                <input id=field("order") name="order" required maxlength="64" />
                <label for=field("minor")>{text.refund_minor}</label>
                <input id=field("minor") name="minor" type="number" min="1" />
                <label>
                    <input name="restock" type="checkbox" value="yes" />
                    {text.refund_restock}
                </label>
                <button class="button" type="submit">{text.refund_button}</button>
            </form>
        </details>
    }
    .into_any()
}

fn announce(text: &'static OperatorText) -> AnyView {
    view! {
        <h2>{text.create}</h2>
        <form class="panel form form-grid" method="post" action="/operator/sales">
            <div class="field">
                <label for="sale">{text.name}</label>
                <input id="sale" name="sale" required maxlength="40" pattern="[a-z0-9]([a-z0-9\\-]*[a-z0-9])?" aria-describedby="sale-hint" />
                <p class="note" id="sale-hint">{text.name_hint}</p>
            </div>
            <div class="field">
                <label for="title">{text.item}</label>
                <input id="title" name="title" required maxlength="120" />
            </div>
            <div class="field field-wide">
                <label for="description">{text.description}</label>
                <input id="description" name="description" maxlength="500" />
            </div>
            <div class="field">
                <label for="price_minor">{text.price}</label>
                <input id="price_minor" name="price_minor" type="number" required min="1" value="12900" aria-describedby="price-hint" />
                <p class="note" id="price-hint">{text.price_hint}</p>
            </div>
            <div class="field">
                <label for="currency">{text.currency}</label>
                <input id="currency" name="currency" required minlength="3" maxlength="3" value="EUR" />
            </div>
            <div class="field">
                <label for="units">{text.units}</label>
                <input id="units" name="units" type="number" required min="1" max="1000000" value="1000" />
            </div>
            <div class="field">
                <label for="limit_per_buyer">{text.limit_per_buyer}</label>
                <input id="limit_per_buyer" name="limit_per_buyer" type="number" required min="1" max="100" value="1" />
            </div>
            <div class="field">
                <label for="opens_in_s">{text.opens_in}</label>
                <input id="opens_in_s" name="opens_in_s" type="number" required min="0" value="60" aria-describedby="opens-hint" />
                <p class="note" id="opens-hint">{text.opens_hint}</p>
            </div>
            <div class="field">
                <label for="expected">{text.expected}</label>
                <input id="expected" name="expected" type="number" min="1" max="10000000" aria-describedby="expected-hint" />
                <p class="note" id="expected-hint">{text.expected_hint}</p>
            </div>
            <button class="button button-main field-wide" type="submit">{text.create_button}</button>
        </form>
    }
    .into_any()
}
