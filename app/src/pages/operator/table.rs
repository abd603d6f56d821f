//! A table of the console that unfolds.

use leptos::prelude::*;

/// Most rows that the console shows; the routes have the rest.
pub(super) const SHOWN: usize = 20;

/// The heads of columns, each with its name.
pub(super) fn heads<const COLUMNS: usize>(names: [&'static str; COLUMNS]) -> Vec<AnyView> {
    names
        .map(|name| view! { <th scope="col">{name}</th> }.into_any())
        .into()
}

/// `about` says in a line what the rows are, where their heads do not.
pub(super) fn folded(
    class: &'static str,
    name: &'static str,
    about: Option<&'static str>,
    heads: Vec<AnyView>,
    rows: Vec<AnyView>,
) -> AnyView {
    view! {
        <details class=format!("table {class}")>
            <summary>{name}</summary>
            {about.map(|about| view! { <p class="note">{about}</p> })}
            <table>
                <thead><tr>{heads}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </details>
    }
    .into_any()
}
