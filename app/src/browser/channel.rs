//! Tells the other tabs of this shopper that something changed, so that all show the same.

use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::BroadcastChannel;

/// The tabs that look at one sale.
pub(crate) struct Tabs(Option<BroadcastChannel>);

impl Tabs {
    /// Joins them; `on_change` is called when another one changed something.
    pub(crate) fn join(sale: &str, on_change: impl FnMut() + 'static) -> Self {
        let channel = BroadcastChannel::new(&["sluice-", sale].concat()).ok();
        if let Some(channel) = &channel {
            let listener = Closure::<dyn FnMut()>::new(on_change).into_js_value();
            channel.set_onmessage(Some(listener.unchecked_ref()));
        }
        Self(channel)
    }

    /// Tells the others.
    pub(crate) fn tell(&self) {
        if let Some(channel) = &self.0 {
            let _ = channel.post_message(&JsValue::TRUE);
        }
    }
}
