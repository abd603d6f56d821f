//! What may still be changed of a sale.

use leptos::prelude::*;
use protocol::Phase;

use crate::context::OperatorSale;
use crate::text::OperatorText;

/// Its words, and, while it has not opened, when it does.
pub(super) fn form(text: &'static OperatorText, shown: &OperatorSale) -> AnyView {
    let info = &shown.info;
    let field = |name: &str| format!("edit-{}-{name}", info.sale);
    let waits = matches!(shown.snapshot.phase, Phase::Scheduled | Phase::Lobby);
    let opens_in = waits.then(|| {
        view! {
            <label for=field("opens")>{text.edit_opens_in}</label>
            <input id=field("opens") name="opens_in_s" type="number" min="0" />
        }
    });
    view! {
        <details>
            <summary>{text.edit}</summary>
            <p class="note">{text.edit_note}</p>
            <form class="form" method="post" action=format!("/operator/sales/{}/edit", info.sale)>
                <label for=field("title")>{text.item}</label>
                <input id=field("title") name="title" required maxlength="120" value=info.title.clone() />
                <label for=field("description")>{text.description}</label>
                <input id=field("description") name="description" maxlength="500" value=info.description.clone() />
                {opens_in}
                <button class="button" type="submit">{text.edit_button}</button>
            </form>
        </details>
    }
    .into_any()
}
