//! The solver: a Web Worker with a second instance of this very bundle.
//!
//! `/worker.js` is told where the hashed glue and module are (the page preloads both, so they come
//! from the cache), calls [`solve_round`] round by round and reports. Dropping [`Solver`] ends it.

use js_sys::{Array, Object, Promise, Reflect};
use protocol::{digest::from_hex, proof, wire::ChallengeAnswer};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, MessageEvent, Worker, WorkerOptions, WorkerType};

use super::page;

/// Looks for the nonce of one round among `count` of them; `undefined` when none solves it.
///
/// Called by `worker.js`. Numbers are JavaScript's, exact up to 2^53.
#[wasm_bindgen]
#[expect(unreachable_pub, reason = "exported to JavaScript, not to Rust")]
pub fn solve_round(seed: &str, round: u32, difficulty: u8, from: f64, count: f64) -> Option<f64> {
    let seed: [u8; 32] = from_hex(seed)?;
    let from = from as u64;
    proof::solve_round(&seed, round, difficulty, from..from + count as u64)
        .map(|nonce| nonce as f64)
}

/// A worker that ends when this is dropped.
struct Solver(Worker);

impl Drop for Solver {
    fn drop(&mut self) {
        self.0.terminate();
    }
}

/// Solves a challenge; `progress` hears how many rounds are done. `None`: this browser cannot.
pub(crate) async fn solve(
    challenge: &ChallengeAnswer,
    progress: impl FnMut(u32) + 'static,
) -> Option<Vec<u64>> {
    let (glue, module) = (preloaded("modulepreload")?, preloaded("preload")?);
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    // The file itself has no hash in its name; the glue's makes it new with every release.
    let version = glue.rsplit('/').next().unwrap_or_default();
    let solver =
        Solver(Worker::new_with_options(&["/worker.js?v=", version].concat(), &options).ok()?);

    let mut progress = Some(progress);
    let done = Promise::new(&mut |resolve, reject| {
        let Some(mut progress) = progress.take() else {
            return;
        };
        let refuse = reject.clone();
        let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let data = event.data();
            if let Some(rounds) = data.as_f64() {
                progress(rounds as u32);
            } else if Array::is_array(&data) {
                let _ = resolve.call1(&JsValue::NULL, &data);
            } else {
                let _ = refuse.call0(&JsValue::NULL);
            }
        })
        .into_js_value();
        solver.0.set_onmessage(Some(listener.unchecked_ref()));
        solver.0.set_onerror(Some(&reject));
    });

    let task = Object::new();
    let set = |name: &str, value: JsValue| {
        let _ = Reflect::set(&task, &JsValue::from_str(name), &value);
    };
    set("glue", glue.into());
    set("module", module.into());
    set("seed", challenge.seed.as_str().into());
    set("rounds", f64::from(challenge.rounds).into());
    set("difficulty", f64::from(challenge.difficulty).into());
    solver.0.post_message(&task).ok()?;

    let nonces: Array = JsFuture::from(done).await.ok()?.dyn_into().ok()?;
    Some(
        nonces
            .iter()
            .filter_map(|nonce| nonce.as_f64())
            .map(|nonce| nonce as u64)
            .collect(),
    )
}

/// The address of what the page preloads under this `rel`.
fn preloaded(rel: &str) -> Option<String> {
    let selector = ["link[rel=", rel, "]"].concat();
    let link: Element = page::document()?.query_selector(&selector).ok()??;
    link.get_attribute("href")
}
