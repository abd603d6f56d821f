//! One sale's snapshots as they come; in front of `/feed.js`, which keeps one stream for all tabs.

use js_sys::Function;
use protocol::Snapshot;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsValue, closure::Closure};

use super::json;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch)]
    fn sluice_feed(base: &str, hear: &JsValue) -> Result<Function, JsValue>;
}

/// The feed, by the function that asks for news at once; `None` when its script did not load: then the page
/// knows what its own calls tell.
pub(crate) struct Feed(Option<Function>);

impl Feed {
    /// Begins; `base` is the sale's route, such as `/api/v1/sales/drop`.
    pub(crate) fn open(base: &str, receive: impl Fn(Snapshot) + 'static) -> Self {
        let hear = Closure::<dyn FnMut(JsValue)>::new(move |news| {
            if let Some(snapshot) = json::take(news) {
                receive(snapshot);
            }
        });
        Self(sluice_feed(base, &hear.into_js_value()).ok())
    }

    /// Asks now.
    pub(crate) fn ask(&self) {
        if let Some(ask) = &self.0 {
            let _ = ask.call0(&JsValue::NULL);
        }
    }
}
