//! The four stations of the way, so that everyone sees where they are and what is still to come.

use leptos::prelude::*;

use super::state::Way;

/// Join, wait, buy, yours.
pub(crate) fn view(way: Way) -> AnyView {
    let text = way.text();
    let station = Memo::new(move |_| way.step.get().station());
    let stations: Vec<_> = text
        .way
        .into_iter()
        .enumerate()
        .map(|(at, name)| {
            let current = move || (station.get() == Some(at)).then_some("step");
            let done = move || station.get().is_some_and(|now| at < now);
            view! {
                <li aria-current=current class:done=done>
                    <span class="way-name">{name}</span>
                </li>
            }
        })
        .collect();
    view! {
        <nav aria-label=text.way_label hidden=move || station.get().is_none()>
            <ol class="way">{stations}</ol>
        </nav>
    }
    .into_any()
}
