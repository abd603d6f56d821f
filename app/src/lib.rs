//! The pages of the shop.
//!
//! Rendered by the edge, woken up in the browser where they are alive. [`App`] routes on the edge only
//! and [`shell`] is the document around it; the `islands` are the parts that go on living: `journey`
//! is a shopper's way through a sale. Features: `ssr` for the edge, `hydrate` for the browser's bundle.
//!
//! The bundle is kept small on purpose: no router, no meta tags and no server functions are in it
//! (islands call the JSON routes by `browser::http`), and the solver of the proof of work is a module of its own
//! (`crates/solver`).

mod browser;
mod element;
mod islands;
mod text;

#[cfg(feature = "ssr")]
mod app;
#[cfg(feature = "ssr")]
mod captcha;
#[cfg(feature = "ssr")]
mod context;
#[cfg(feature = "ssr")]
mod headers;
#[cfg(feature = "ssr")]
mod pages;
#[cfg(feature = "ssr")]
mod shell;
#[cfg(feature = "ssr")]
mod wake;

pub use element::CardElement;
pub use text::Lang;

#[cfg(feature = "ssr")]
pub use {
    app::App,
    captcha::CaptchaHosts,
    context::{OperatorSale, OperatorView, PageConfig},
    shell::shell,
};

/// A link that stands on every sale's page and that nobody meets: neither eyes nor keyboards nor screen readers do.
#[cfg(feature = "ssr")]
pub const NOBODYS_LINK: &str = "/join-now";

/// Wakes the islands of this page; called by the hydration script.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
