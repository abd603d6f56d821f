//! What was done to a sale.

use leptos::prelude::*;

use super::table;
use crate::context::OperatorSale;
use crate::text::{Lang, OperatorText, format};

/// The latest acts.
pub(super) fn view(lang: Lang, text: &'static OperatorText, shown: &OperatorSale) -> AnyView {
    let rows = shown
        .acts
        .iter()
        .take(table::SHOWN)
        .map(|done| {
            view! {
                <tr>
                    <td>
                        <time datetime=format::iso(done.at)>{format::utc(lang, done.at)}</time>
                    </td>
                    <th scope="row"><code>{done.act.clone()}</code></th>
                    <td>{done.detail.clone()}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    table::folded("acts", text.acts, None, table::heads(text.act_heads), rows)
}
