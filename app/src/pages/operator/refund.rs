//! Money that goes back, and the table of what was sold.

use leptos::prelude::*;
use protocol::wire::SaleInfo;

use crate::text::OperatorText;

/// The orders as a table to keep.
pub(super) fn orders(text: &'static OperatorText, info: &SaleInfo) -> AnyView {
    let table = format!("/api/v1/operator/sales/{}/orders.csv", info.sale);
    view! {
        <p>
            <a href=table download="">{text.orders}</a>
        </p>
    }
    .into_any()
}

/// Gives money of one order back.
pub(super) fn form(text: &'static OperatorText, info: &SaleInfo) -> AnyView {
    let field = |name: &str| format!("refund-{}-{name}", info.sale);
    view! {
        <details>
            <summary>{text.refund}</summary>
            <form class="form" method="post" action=format!("/operator/sales/{}/refund", info.sale)>
                <label for=field("order")>{text.refund_order}</label>
                <input id=field("order") name="order" required maxlength="64" />
                <label for=field("minor")>{text.refund_minor}</label>
                <input id=field("minor") name="minor" type="number" min="1" />
                <label class="tick">
                    <input name="restock" type="checkbox" value="yes" />
                    {text.refund_restock}
                </label>
                <button class="button" type="submit">{text.refund_button}</button>
            </form>
        </details>
    }
    .into_any()
}
