//! What the gate is told of this browser: ten signals that many share, hashed here, so that no value leaves the browser;
//! and by name what looks like automation.
//!
//! The hash is weak evidence on purpose: identical phones exist, and nobody is asked for more because of it alone.

use js_sys::{Array, Date, Reflect};
use protocol::digest::{sha256, to_hex};
use protocol::wire::Mark;
use wasm_bindgen::JsValue;

use super::page;

/// Where this tab remembers that the shopper gives no signals.
const REFUSED: &str = "sluice-no-signals";

/// SHA-256 over the signals, hexadecimal.
pub(crate) fn fingerprint() -> String {
    // JavaScript's own list and its own writing of numbers: Rust's would weigh 11 KB.
    let signals = Array::new();
    if let Some(window) = page::window() {
        let (navigator, screen) = (window.navigator(), read(&window, "screen"));
        for name in [
            "languages",
            "hardwareConcurrency",
            "maxTouchPoints",
            "platform",
            "vendor",
            "pdfViewerEnabled",
        ] {
            signals.push(&read(&navigator, name));
        }
        // In steps of 160 pixels: a desktop's task bar or a phone's zoom is not another device.
        for name in ["width", "height"] {
            let size = read(&screen, name).as_f64().unwrap_or_default();
            signals.push(&(size / 160.0).floor().into());
        }
        signals.push(&read(&screen, "colorDepth"));
    }
    signals.push(&Date::new_0().get_timezone_offset().into());
    to_hex(&sha256(String::from(signals.join("\n")).as_bytes()))
}

/// What looks like automation.
pub(crate) fn marks() -> Vec<Mark> {
    let Some(window) = page::window() else {
        return Vec::new();
    };
    let navigator = window.navigator();
    let driver = [
        "__playwright__binding__",
        "_phantom",
        "__nightmare",
        "domAutomation",
    ]
    .iter()
    .any(|name| !read(&window, name).is_undefined());
    let agent = read(&navigator, "userAgent")
        .as_string()
        .unwrap_or_default();
    [
        (Mark::Webdriver, read(&navigator, "webdriver").is_truthy()),
        (Mark::Headless, agent.contains("Headless")),
        (Mark::DriverGlobals, driver),
        (Mark::NoLanguages, navigator.languages().length() == 0),
        (Mark::NoWindow, read(&window, "outerWidth").is_falsy()),
    ]
    .into_iter()
    .filter_map(|(mark, there)| there.then_some(mark))
    .collect()
}

/// Has the shopper refused to give signals, in this tab?
pub(crate) fn is_refused() -> bool {
    page::remembered(REFUSED).is_some_and(|refused| !refused.is_empty())
}

/// Remembers whether they do.
pub(crate) fn remember_refusal(refused: bool) {
    page::remember(REFUSED, if refused { "1" } else { "" });
}

fn read(of: &JsValue, name: &str) -> JsValue {
    Reflect::get(of, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}
