//! The shopper's pages.
use leptos::prelude::*;
use leptos::wasm_bindgen;

/// hydrate
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
#[island]
pub fn Foo(a: String) -> impl IntoView {
    let s = RwSignal::new(1);
    view! { <button on:click=move |_| s.update(|s| *s += 1)>{a} {s}</button> }
}
