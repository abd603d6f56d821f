//! What the gate of a sale decided, on the operator's console.

use leptos::prelude::*;

use super::table;
use crate::context::OperatorSale;
use crate::text::{Lang, OperatorText, format};

/// The latest decisions, each with a way to set it right.
pub(super) fn view(lang: Lang, text: &'static OperatorText, shown: &OperatorSale) -> AnyView {
    let act = format!("/operator/sales/{}/clear", shown.info.sale);
    let rows = shown
        .decisions
        .iter()
        .take(table::SHOWN)
        .map(|decision| {
            let clear = match decision.cleared {
                true => view! { <span>{text.cleared}</span> }.into_any(),
                false => view! {
                    <form method="post" action=act.clone()>
                        <input type="hidden" name="who" value=decision.who.clone() />
                        <button class="button button-quiet" type="submit" aria-label=format!("{} {}", text.clear, decision.who)>
                            {text.clear}
                        </button>
                    </form>
                }
                .into_any(),
            };
            view! {
                <tr>
                    <th scope="row"><code>{decision.who.clone()}</code></th>
                    <td>{decision.reasons.join(", ")}</td>
                    <td>{decision.suspicion}</td>
                    <td>{format::count(lang, decision.times)}</td>
                    <td>{format::utc(lang, decision.last_at)}</td>
                    <td>{clear}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    let mut heads = table::heads(text.decision_heads);
    heads.push(view! { <td></td> }.into_any());
    let about = Some(text.decisions_note);
    table::folded("decisions", text.decisions, about, heads, rows)
}
