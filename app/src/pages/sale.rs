//! One sale: what is sold, and the shopper's way to it.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use protocol::SaleId;

use super::{captcha, missing::missing, product::ProductPicture, trouble};
use crate::context::Visit;
use crate::islands::given::give;
use crate::islands::journey::{Journey, Start};
use crate::text::format;

/// Rendered at the step the ticket cookie leads to.
#[component]
pub(crate) fn SalePage() -> impl IntoView {
    let visit = Visit::now();
    let sale = use_params_map().with_untracked(|params| params.get("sale"));
    Suspend::new(async move {
        let Some(engine) = &visit.engine else {
            return trouble(&visit);
        };
        let Some(sale) = sale.and_then(|sale| sale.parse::<SaleId>().ok()) else {
            return missing(&visit);
        };
        match start(&visit, engine, &sale).await {
            Ok(start) => page(&visit, &start),
            Err(engine::Error::UnknownSale) => missing(&visit),
            Err(_) => trouble(&visit),
        }
    })
}

async fn start(
    visit: &Visit,
    engine: &engine::Engine,
    sale: &SaleId,
) -> Result<Start, engine::Error> {
    let info = engine.sale(sale)?;
    let snapshot = engine.snapshot(sale)?;
    let token = visit.tickets().into_iter().find(|(of, _)| of == sale);
    let ticket = token.and_then(|(_, token)| engine.ticket(sale, &token).ok());
    let standing = match ticket {
        // A ticket that cannot be looked up right now is looked up again by the island.
        Some(ticket) => engine.standing(&ticket).await.ok(),
        None => None,
    };
    Ok(Start {
        info,
        snapshot: (*snapshot).clone(),
        standing,
        element: visit.config.card_element.clone(),
        lang: visit.lang,
    })
}

/// A field and a link for programs that fill and follow whatever they find. No eye, no keyboard and no screen reader
/// meets them.
fn unseen() -> impl IntoView {
    view! {
        <div hidden aria-hidden="true">
            <input id="website" name="website" type="text" tabindex="-1" autocomplete="off" />
            <a href=crate::NOBODYS_LINK rel="nofollow" tabindex="-1">
                "Join now"
            </a>
        </div>
    }
}

fn page(visit: &Visit, start: &Start) -> AnyView {
    let (lang, text) = (visit.lang, visit.lang.page());
    let info = start.info.clone();
    let figures = format::fill(
        text.no_script_figures,
        &[
            &format::count(lang, start.snapshot.tail),
            &format::count(lang, start.snapshot.frontier),
            &format::plural(lang, lang.text().people, start.snapshot.rate.into()),
        ],
    );
    let how: Vec<_> = text
        .how
        .iter()
        .map(|(what, why)| view! { <li><strong>{*what}</strong> " " {*why}</li> })
        .collect();
    view! {
        <Title text=info.title.clone() />
        <div class="sale">
            <section class="hero">
                <div class="hero-art">
                    <ProductPicture />
                </div>
                <div class="hero-words">
                    <h1>{info.title}</h1>
                    <p class="lead">{info.description}</p>
                    <p class="price">
                        <strong>{format::money(lang, info.price)}</strong>
                        <span>
                            {format::plural(lang, text.units, u64::from(info.units))} " · " {format::plural(lang, text.each, u64::from(info.limit_per_buyer))}
                        </span>
                    </p>
                </div>
            </section>
            <div class="sale-way">
                <noscript>
                    <div class="panel panel-warn">
                        <p>{text.no_script}</p>
                        <p>{figures}</p>
                    </div>
                </noscript>
                {give(start, Journey)}
            </div>
            {unseen()}
            {captcha::panel(visit)}
            <section class="how" aria-labelledby="how-title">
                <h2 id="how-title">{text.how_title}</h2>
                <ol>{how}</ol>
            </section>
        </div>
    }
    .into_any()
}
