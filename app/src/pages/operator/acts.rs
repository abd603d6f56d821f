//! What was done to a sale.

use leptos::prelude::*;

use crate::context::OperatorSale;
use crate::text::{Lang, OperatorText, format};

/// Most that the console shows; the route has the rest.
const SHOWN: usize = 20;

/// The latest acts.
pub(super) fn view(lang: Lang, text: &'static OperatorText, shown: &OperatorSale) -> AnyView {
    let rows: Vec<_> = shown
        .acts
        .iter()
        .take(SHOWN)
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
        })
        .collect();
    let heads = text
        .act_heads
        .map(|head| view! { <th scope="col">{head}</th> });
    view! {
        <details class="table acts">
            <summary>{text.acts}</summary>
            <table>
                <thead><tr>{heads.to_vec()}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </details>
    }
    .into_any()
}
