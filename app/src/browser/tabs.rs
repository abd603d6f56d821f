//! Tells the other tabs of this shopper that something changed, so that all show the same.
//!
//! By the time of the change, in the storage that the tabs share: the browser tells it to those that are awake, and
//! one that is still loading finds it when it wakes up. A message would reach the first alone, and twenty tabs on an
//! old phone wake up one after the other.

use js_sys::Date;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Storage, StorageEvent};

use super::page;

/// The tabs that look at one sale.
pub(crate) struct Tabs {
    key: String,
}

impl Tabs {
    /// Joins them; `on_change` is called when another one changed something, and now if one has since this page was
    /// asked for.
    pub(crate) fn join(sale: &str, on_change: impl Fn() + 'static) -> Self {
        let key = ["sluice-", sale].concat();
        let told = shared().and_then(|storage| storage.get_item(&key).ok()?);
        if told.is_some_and(|at| at.parse().is_ok_and(|at: u64| at >= page::asked_at())) {
            on_change();
        }
        let mine = key.clone();
        let listener = Closure::<dyn FnMut(StorageEvent)>::new(move |event: StorageEvent| {
            if event.key().as_ref() == Some(&mine) {
                on_change();
            }
        })
        .into_js_value();
        if let Some(window) = page::window() {
            let _ = window.add_event_listener_with_callback("storage", listener.unchecked_ref());
        }
        Self { key }
    }

    /// Tells the others.
    pub(crate) fn tell(&self) {
        if let Some(storage) = shared() {
            let _ = storage.set_item(&self.key, &(Date::now() as u64).to_string());
        }
    }
}

fn shared() -> Option<Storage> {
    page::window()?.local_storage().ok()?
}
