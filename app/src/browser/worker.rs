//! The solver of the proof of work; in front of `/solver.js`, which runs it on Web Workers and remembers what is
//! solved, so that a reload goes on with it.

use js_sys::{Array, Promise};
use protocol::SaleId;
use protocol::wire::ChallengeAnswer;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;

use super::json;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = sluice_solver, catch)]
    fn kept(sale: &str, device: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = sluice_solver, catch, js_name = "forget")]
    fn forget_it(sale: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(js_namespace = sluice_solver, catch, js_name = "stop")]
    fn stop_it() -> Result<(), JsValue>;
    #[wasm_bindgen(js_namespace = sluice_solver, catch, js_name = "captcha")]
    fn captcha_it(route: &str, proof: &str) -> Result<Promise, JsValue>;
    #[wasm_bindgen(js_namespace = sluice_solver, catch, js_name = "solve")]
    fn solve_it(
        sale: &str,
        device: &str,
        left: f64,
        challenge: &str,
        tell: &JsValue,
    ) -> Result<Promise, JsValue>;
}

/// A challenge of this sale.
pub(crate) struct Puzzle {
    text: String,
    /// What the edge asks.
    pub(crate) asked: ChallengeAnswer,
}

/// What came of it.
pub(crate) enum Outcome {
    /// One nonce for each round.
    Solved(Vec<u64>),
    /// The shopper stopped it.
    Stopped,
    /// This browser cannot.
    Failed,
}

impl Puzzle {
    /// Reads the edge's answer.
    pub(crate) fn read(text: String) -> Option<Self> {
        let asked = json::read(&text)?;
        Some(Self { text, asked })
    }

    /// One that was begun before the page was loaded anew, and is still good.
    pub(crate) fn kept(sale: &SaleId, device: &str) -> Option<Self> {
        Self::read(kept(sale.as_str(), device).ok()?.as_string()?)
    }

    /// Solves it; `left` is for how many milliseconds it is good, and `tell` hears how many rounds are done.
    pub(crate) async fn solve(
        &self,
        sale: &SaleId,
        device: &str,
        left: f64,
        tell: impl Fn(u32) + 'static,
    ) -> Outcome {
        let tell = Closure::<dyn FnMut(f64)>::new(move |done| tell(done as u32)).into_js_value();
        let Ok(solving) = solve_it(sale.as_str(), device, left, &self.text, &tell) else {
            return Outcome::Failed;
        };
        match JsFuture::from(solving).await {
            Ok(nothing) if nothing.is_null() => Outcome::Stopped,
            Ok(nonces) => Outcome::Solved(numbers(nonces)),
            Err(_) => Outcome::Failed,
        }
    }
}

/// Asks the shopper for a CAPTCHA: its seal, null when they stop, anything else when another challenge is needed.
pub(crate) async fn captcha(route: &str, proof: &str) -> JsValue {
    match captcha_it(route, proof) {
        Ok(asking) => JsFuture::from(asking).await.unwrap_or_default(),
        Err(_) => JsValue::UNDEFINED,
    }
}

/// Ends what is being solved.
pub(crate) fn stop() {
    let _ = stop_it();
}

/// Forgets the puzzle of this sale: it was used, or is no good.
pub(crate) fn forget(sale: &SaleId) {
    let _ = forget_it(sale.as_str());
}

fn numbers(list: JsValue) -> Vec<u64> {
    let list: Array = list.dyn_into().unwrap_or_default();
    list.iter()
        .filter_map(|number| number.as_f64())
        .map(|number| number as u64)
        .collect()
}
