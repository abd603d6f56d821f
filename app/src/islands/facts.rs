//! A list of named values, the way every panel shows them.

use leptos::prelude::*;

/// One name and its value.
pub(crate) fn fact(name: &'static str, value: impl IntoView) -> AnyView {
    view! {
        <div class="fact">
            <dt>{name}</dt>
            <dd>{value.into_view()}</dd>
        </div>
    }
    .into_any()
}
