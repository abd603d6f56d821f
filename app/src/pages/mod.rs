//! The pages, rendered by the edge.

// The component macro makes parts of what it writes `pub`, wherever it is.
#![allow(unreachable_pub)]

pub(crate) mod captcha;
pub(crate) mod draw;
pub(crate) mod frame;
pub(crate) mod home;
pub(crate) mod missing;
pub(crate) mod operator;
pub(crate) mod order;
pub(crate) mod product;
pub(crate) mod sale;

use leptos::prelude::*;
use leptos_meta::Title;

use crate::context::Visit;

/// A page that has only something to say, with the status it is said with.
pub(crate) fn notice(
    visit: &Visit,
    status: http::StatusCode,
    title: &'static str,
    words: &'static str,
) -> AnyView {
    visit.set_status(status);
    view! {
        <Title text=title />
        <section class="plain">
            <h1>{title}</h1>
            <p class="lead">{words}</p>
            <p>
                <a class="button" href="/">{visit.lang.page().all_sales}</a>
            </p>
        </section>
    }
    .into_any()
}

/// A part of the shop does not answer; the page says so instead of failing.
pub(crate) fn trouble(visit: &Visit) -> AnyView {
    let text = visit.lang.page();
    visit.set_header(http::header::RETRY_AFTER, "2");
    notice(
        visit,
        http::StatusCode::SERVICE_UNAVAILABLE,
        text.trouble_title,
        text.trouble_text,
    )
}
