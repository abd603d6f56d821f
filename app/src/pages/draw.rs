//! How was my place drawn? The published values, and the reader's own browser checking them.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use protocol::SaleId;

use super::{missing::missing, trouble};
use crate::context::Visit;
use crate::islands::drawn::{DrawCheck, Drawn};
use crate::islands::given::give;
use crate::text::format;

/// The draw of one sale.
#[component]
pub(crate) fn DrawPage() -> impl IntoView {
    let visit = Visit::now();
    let sale = use_params_map().with_untracked(|params| params.get("sale"));
    let Some(engine) = visit.engine.clone() else {
        return trouble(&visit);
    };
    let sale = sale.and_then(|sale| sale.parse::<SaleId>().ok());
    let Some((sale, info)) = sale.and_then(|sale| {
        let info = engine.sale(&sale).ok()?;
        Some((sale, info))
    }) else {
        return missing(&visit);
    };
    let Ok(snapshot) = engine.snapshot(&sale) else {
        return missing(&visit);
    };
    let (lang, text) = (visit.lang, visit.lang.page());
    let token = visit.tickets().into_iter().find(|(of, _)| *of == sale);
    let ticket = token.and_then(|(_, token)| engine.ticket(&sale, &token).ok());
    let drawn = Drawn {
        sale: sale.clone(),
        number: ticket.map(|ticket| ticket.number),
        lang,
    };
    let draw = snapshot.draw.clone();
    let later = |value: Option<String>| value.unwrap_or_else(|| text.draw_later.to_owned());
    let beacon = draw.beacon_url.map(|url| (later(draw.beacon), Some(url)));
    let values: Vec<_> = text
        .draw_values
        .iter()
        .zip([
            Some((draw.commitment, None)),
            Some((later(draw.size.map(|size| format::count(lang, size))), None)),
            Some((later(draw.transcript), None)),
            Some((later(draw.secret), None)),
            beacon,
            Some((later(draw.seed), None)),
        ])
        .filter_map(|(said, value)| value.map(|value| (said, value)))
        .map(|((name, why), (value, published_at))| {
            view! {
                <div class="fact">
                    <dt>{*name}</dt>
                    <dd>
                        <code>{value}</code>
                        <small>
                            {*why}
                            {published_at.map(|url| view! { " " <a href=url.clone()>{url.clone()}</a> })}
                        </small>
                    </dd>
                </div>
            }
        })
        .collect();
    view! {
        <Title text=text.draw_title />
        <section class="order">
            <h1>{text.draw_title}</h1>
            <p class="lead">{text.draw_lead}</p>
            {give(&drawn, DrawCheck)}
            <noscript>
                <p class="panel panel-warn">{text.draw_no_script}</p>
            </noscript>
            <div class="panel">
                <dl class="facts facts-long">{values}</dl>
            </div>
            <p class="note">{text.draw_how}</p>
            <p>
                <a class="button button-quiet" href=format!("/sales/{sale}")>{info.title}</a>
            </p>
        </section>
    }
    .into_any()
}
