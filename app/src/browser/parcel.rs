//! Messages from the provider's frames: the card element and the bank's page.

use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::MessageEvent;

use super::page;

/// What a frame of the provider may say.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Parcel {
    /// The card is saved under this name.
    Card {
        /// The provider's name for it.
        payment_method: String,
        /// Its brand.
        brand: Option<String>,
        /// Its last four digits.
        last4: Option<String>,
    },
    /// The element needs this many pixels.
    Height(u32),
    /// The bank is done with the shopper; what it decided is asked over the edge.
    ActionComplete,
}

/// Calls `receive` for every parcel whose sender's origin is `origin`; all others are dropped.
pub(crate) fn listen(origin: String, mut receive: impl FnMut(Parcel) + 'static) {
    let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if event.origin() == origin
            && let Some(parcel) = read(&event.data())
        {
            receive(parcel);
        }
    })
    .into_js_value();
    if let Some(window) = page::window() {
        let _ = window.add_event_listener_with_callback("message", listener.unchecked_ref());
    }
}

fn read(data: &JsValue) -> Option<Parcel> {
    let field = |name: &str| Reflect::get(data, &JsValue::from_str(name)).ok();
    let text = |name: &str| field(name)?.as_string();
    Some(match text("type")?.as_str() {
        "sluice.payment_method" => Parcel::Card {
            payment_method: text("payment_method")?,
            brand: text("brand"),
            last4: text("last4"),
        },
        "sluice.element_height" => {
            Parcel::Height(field("height")?.as_f64()?.clamp(0.0, 2000.0) as u32)
        }
        "sluice.action_complete" => Parcel::ActionComplete,
        _ => return None,
    })
}
