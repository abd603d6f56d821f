//! What an operator can choose about the simulator. Filled by `cli` or by the server's own
//! configuration, read by everything.

use std::{fmt, path::PathBuf, time::Duration};

use crate::Faults;

/// How a simulator behaves. The default suits loopback tests: well-known keys, no limit, no delay,
/// no memory beyond the process.
#[derive(Clone)]
pub struct Settings {
    /// The shop's key: every call, and the oracle.
    pub secret_key: String,
    /// The browser's key: may only make payment methods.
    pub publishable_key: String,
    /// Signs webhooks.
    pub webhook_secret: String,
    /// Where events go; none are sent without it.
    pub webhook_url: Option<String>,
    /// Calls a second with the secret key; over it the answer is 429. `None`: no limit.
    pub calls_per_s: Option<u32>,
    /// How long a call takes: half before the bank acts, half after, so that a caller who gives up
    /// cannot know which it was.
    pub latency: Duration,
    /// What goes wrong, and how much longer calls take than `latency`.
    pub faults: Faults,
    /// How long a hold lasts, s; then the bank gives it back by itself. Stripe's is seven days
    /// (<https://docs.stripe.com/payments/place-a-hold-on-a-payment-method>).
    pub hold_s: u64,
    /// What each card can pay in each currency, minor units. `None`: any amount.
    pub card_limit: Option<u64>,
    /// The journal's file. `None`: the bank forgets when the process ends.
    pub data: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            secret_key: "sk_test_sluice".to_owned(),
            publishable_key: "pk_test_sluice".to_owned(),
            webhook_secret: "whsec_sluice".to_owned(),
            webhook_url: None,
            calls_per_s: None,
            latency: Duration::ZERO,
            faults: Faults::default(),
            hold_s: 7 * 86_400,
            card_limit: None,
            data: None,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("webhook_url", &self.webhook_url)
            .field("calls_per_s", &self.calls_per_s)
            .field("latency", &self.latency)
            .field("faults", &self.faults)
            .field("data", &self.data)
            .finish_non_exhaustive()
    }
}
