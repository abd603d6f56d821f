//! All sales.

use leptos::prelude::*;
use leptos_meta::Title;
use protocol::wire::SaleInfo;

use super::{product::ProductPicture, trouble};
use crate::context::Visit;
use crate::islands::{
    given::give,
    when::{Moment, When},
};
use crate::text::{Lang, format};

/// The list, newest first.
#[component]
pub(crate) fn Home() -> impl IntoView {
    let visit = Visit::now();
    Suspend::new(async move {
        let Some(engine) = &visit.engine else {
            return trouble(&visit);
        };
        match engine.sales().await {
            Ok(sales) => list(visit.lang, sales),
            Err(_) => trouble(&visit),
        }
    })
}

fn list(lang: Lang, sales: Vec<SaleInfo>) -> AnyView {
    let text = lang.page();
    let none = sales.is_empty();
    let cards: Vec<_> = sales.into_iter().map(|sale| card(lang, sale)).collect();
    view! {
        <Title text=text.home_title />
        <section class="home">
            <h1>{text.home_title}</h1>
            <p class="lead">{text.home_lead}</p>
            {none.then(|| view! { <p class="panel">{text.home_empty}</p> })}
            <ul class="sales">{cards}</ul>
        </section>
    }
    .into_any()
}

fn card(lang: Lang, sale: SaleInfo) -> impl IntoView {
    let text = lang.page();
    let opens = Moment {
        ms: sale.opens_at,
        lang,
    };
    view! {
        <li class="sale-card" data-phase=sale.phase.as_str()>
            <div class="sale-art">
                <ProductPicture />
            </div>
            <div class="sale-words">
                <p class="phase">{lang.text().phase(sale.phase)}</p>
                <h2>
                    <a href=format!("/sales/{}", sale.sale)>{sale.title}</a>
                </h2>
                <p class="sale-figures">
                    <strong>{format::money(lang, sale.price)}</strong>
                    " · "
                    {format::plural(lang, text.units, u64::from(sale.units))}
                </p>
                <p class="sale-opens">{text.opens} " " {give(&opens, When)}</p>
            </div>
        </li>
    }
}
