//! Which page lives at which address. Runs on the edge only: a link is a whole new page.

// The component macro makes parts of what it writes `pub`, wherever it is.
#![allow(unreachable_pub)]

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{SsrMode, path};

use crate::context::Visit;
use crate::pages::{
    draw::DrawPage, frame::Frame, home::Home, missing::Missing, operator::Operator,
    order::OrderPage, sale::SalePage,
};

/// All pages. Each is rendered whole before the first byte goes out, because the engine answers from
/// memory or in a few milliseconds, and a status or a header can still be set until then.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let lang = Visit::now().lang;
    view! {
        <Title formatter=|title: String| if title.is_empty() { "Sluice".to_owned() } else { format!("{title} · Sluice") } />
        <Router>
            <Frame lang=lang>
                <Routes fallback=Missing>
                    <Route path=path!("/") view=Home ssr=SsrMode::Async />
                    <Route path=path!("/sales/:sale") view=SalePage ssr=SsrMode::Async />
                    <Route path=path!("/sales/:sale/draw") view=DrawPage ssr=SsrMode::Async />
                    <Route path=path!("/orders/:order") view=OrderPage ssr=SsrMode::Async />
                    <Route path=path!("/operator") view=Operator ssr=SsrMode::Async />
                </Routes>
            </Frame>
        </Router>
    }
}
