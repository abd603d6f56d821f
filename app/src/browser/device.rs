//! A few low-entropy signals of the device, hashed here; the raw values never leave the browser.
//!
//! They are weak evidence on purpose: identical phones exist, and nobody is refused for them alone.

use js_sys::{Array, Date, Reflect};
use protocol::digest::{sha256, to_hex};
use wasm_bindgen::JsValue;

use super::page;

/// SHA-256 over the signals, hexadecimal.
pub(crate) fn fingerprint() -> String {
    let mut signals: Vec<String> = Vec::with_capacity(10);
    if let Some(window) = page::window() {
        let navigator = window.navigator();
        let read = |name: &str| {
            let value = Reflect::get(&navigator, &JsValue::from_str(name)).unwrap_or(JsValue::NULL);
            // JavaScript's own writing of numbers: Rust's would weigh 11 KB.
            String::from(Array::of1(&value).join(""))
        };
        signals.push(navigator.languages().join(",").into());
        signals.extend(
            [
                "hardwareConcurrency",
                "maxTouchPoints",
                "platform",
                "webdriver",
            ]
            .map(read),
        );
        if let Ok(screen) = window.screen() {
            // In steps of 160 pixels: a desktop's task bar or a phone's zoom is not another device.
            let bucket = |size: Result<i32, JsValue>| (size.unwrap_or_default() / 160).to_string();
            signals.push(bucket(screen.width()));
            signals.push(bucket(screen.height()));
            signals.push(screen.color_depth().unwrap_or_default().to_string());
        }
    }
    signals.push((Date::new_0().get_timezone_offset() as i32).to_string());
    to_hex(&sha256(signals.join("\n").as_bytes()))
}
