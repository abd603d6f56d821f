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
    /// Begins; `base` is the sale's route, such as `/api/v1/sales/drop`. `receive` answers how long nothing
    /// can happen that has to be known at once, in milliseconds.
    pub(crate) fn open(base: &str, receive: impl Fn(Snapshot) -> u64 + 'static) -> Self {
        let hear = Closure::<dyn FnMut(JsValue) -> f64>::new(move |news| {
            json::take(news).map_or(0.0, |snapshot| receive(snapshot) as f64)
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
