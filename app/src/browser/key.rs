//! The browser's key, and proofs of it; in front of `/key.js`, which holds it.
//!
//! `None` wherever a browser has no key: then the shopper joins without one, and whoever carries the
//! ticket has the place.

use js_sys::Promise;
use protocol::wire::BrowserKey;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = sluice_key, catch)]
    fn point() -> Result<Promise, JsValue>;
    #[wasm_bindgen(js_namespace = sluice_key, catch)]
    fn proof(method: &str, path: &str, at: f64) -> Result<Promise, JsValue>;
}

/// The public half of this browser's key; made when there is none yet.
pub(crate) async fn public() -> Option<BrowserKey> {
    let point = told(point()).await?;
    let (x, y) = point.split_once('.')?;
    Some(BrowserKey {
        kty: "EC".to_owned(),
        crv: "P-256".to_owned(),
        x: x.to_owned(),
        y: y.to_owned(),
    })
}

/// A proof for one request (RFC 9449), dated `at` by the sale's clock, Unix milliseconds.
pub(crate) async fn prove(method: &str, path: &str, at: f64) -> Option<String> {
    told(proof(method, path, at)).await
}

async fn told(promise: Result<Promise, JsValue>) -> Option<String> {
    JsFuture::from(promise.ok()?).await.ok()?.as_string()
}
