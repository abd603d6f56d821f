//! Moments inside an act, at which a test build can be held, so that something may die right there.
//!
//! An armed moment holds whoever comes to it, without blocking a thread, until it is disarmed or the process
//! is killed; how many are held can be asked. `FAILPOINTS=buy.reserved=return(hold)` arms one at the start,
//! the admin port arms them in a running edge. In a release all of this is nothing.
//!
//! | moment | in the middle of |
//! |---|---|
//! | `buy.reserved` | reserved in Redis, not claimed in the ledger |
//! | `buy.claimed` | claimed in the ledger, not confirmed in Redis |
//! | `capture.due` | the capture is leased, the provider is not asked |
//! | `capture.answered` | the provider has answered, the ledger does not know |
//! | `capture.refused` | the ledger knows that the capture was refused, Redis has not got the unit back |
//! | `captcha.missing` | a CAPTCHA is missing in the pool, none is made |
//! | `rebuild.staged` | the ledger is read and the line laid beside the live keys, the sale's state is not laid yet |

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The moments that there are.
pub const ALL: [&str; 7] = [
    "buy.reserved",
    "buy.claimed",
    "capture.due",
    "capture.answered",
    "capture.refused",
    "captcha.missing",
    "rebuild.staged",
];

static HELD: Mutex<BTreeMap<&'static str, u64>> = Mutex::new(BTreeMap::new());

/// Passes through a moment; stays while it is armed.
pub(crate) async fn reach(moment: &'static str) {
    if !is_armed(moment) {
        return;
    }
    count(moment, 1);
    while is_armed(moment) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    count(moment, -1);
}

fn is_armed(moment: &str) -> bool {
    fail::fail_point!(moment, |_| true);
    let _ = moment;
    false
}

fn count(moment: &'static str, change: i64) {
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    let count = held.entry(moment).or_default();
    *count = count.saturating_add_signed(change);
}

/// Arms a moment, or disarms it. Answers `false` when there is no such moment.
pub fn arm(moment: &str, armed: bool) -> bool {
    let actions = if armed { "return(hold)" } else { "off" };
    ALL.contains(&moment) && fail::cfg(moment, actions).is_ok()
}

/// How many are held at each moment.
pub fn held() -> BTreeMap<&'static str, u64> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Arms what the environment variable `FAILPOINTS` says.
pub fn arm_from_environment() {
    if crate::seeded::FAILPOINTS {
        // The scenario ends with the process: its end would disarm what was armed.
        std::mem::forget(fail::FailScenario::setup());
    }
}
