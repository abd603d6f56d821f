//! The receipt of an order, for whoever has the ticket it was bought with.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use protocol::wire::Order;

use super::{notice, product::ProductPicture, trouble};
use crate::context::Visit;
use crate::islands::given::give;
use crate::islands::receipt::{Bought, Receipt};

/// One order, or the same "not here" for one that does not exist and one of somebody else.
#[component]
pub(crate) fn OrderPage() -> impl IntoView {
    let visit = Visit::now();
    let order = use_params_map().with_untracked(|params| params.get("order").unwrap_or_default());
    Suspend::new(async move {
        let Some(engine) = &visit.engine else {
            return trouble(&visit);
        };
        for (sale, token) in visit.tickets() {
            let Ok(ticket) = engine.ticket(&sale, &token) else {
                continue;
            };
            match engine.order(&ticket, &order).await {
                Ok(order) => {
                    let title = engine.sale(&sale).map(|info| info.title);
                    return page(&visit, order, title.unwrap_or_default());
                }
                Err(engine::Error::UnknownOrder) => {}
                Err(_) => return trouble(&visit),
            }
        }
        let text = visit.lang.page();
        notice(
            &visit,
            http::StatusCode::NOT_FOUND,
            text.no_order_title,
            text.no_order_text,
        )
    })
}

fn page(visit: &Visit, order: Order, title: String) -> AnyView {
    let (lang, text) = (visit.lang, visit.lang.page());
    let back = format!("/sales/{}", order.sale);
    let bought = Bought {
        order,
        lang,
        awake: false,
    };
    view! {
        <Title text=text.receipt_title />
        <section class="order">
            <div class="order-art">
                <ProductPicture />
            </div>
            <h1>{text.receipt_title}</h1>
            <p class="lead">{title}</p>
            {give(&bought, Receipt)}
            <p class="note">{text.receipt_lead}</p>
            <p>
                <a class="button button-quiet" href=back>{text.receipt_back}</a>
            </p>
        </section>
    }
    .into_any()
}
