//! The operator's console: plain forms, no script, so that it weighs nothing on the shopper and works
//! when nothing else does. The server answers the forms and leads back here.
//!
//! - [`sale`]: one sale, its figures and what is done in a hurry,
//! - [`edit`], [`refund`]: what is done in peace,
//! - [`decisions`], [`acts`]: what the gate decided, and what was done, each as a [`table`],
//! - [`announce`]: another sale.

mod acts;
mod announce;
mod decisions;
mod edit;
mod refund;
mod sale;
mod table;

use leptos::prelude::*;
use leptos_meta::{Meta, Title};

use crate::context::{OperatorSale, OperatorView, Visit};
use crate::text::{Lang, OperatorText};

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
        .map(|shown| sale::view(lang, text, &shown))
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
        {announce::form(text)}
    }
    .into_any()
}
