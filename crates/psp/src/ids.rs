//! Names in Stripe's style: a prefix that says what the thing is, then letters nobody can guess.

use rand::distr::{Alphanumeric, SampleString};

/// A fresh id, such as `pi_3f…` for the prefix `pi`.
pub(crate) fn fresh(prefix: &str) -> String {
    let mut id = String::with_capacity(prefix.len() + 25);
    id.push_str(prefix);
    id.push('_');
    Alphanumeric.append_string(&mut rand::rng(), &mut id, 24);
    id
}

/// The secret that lets a browser act on one intent.
pub(crate) fn client_secret(intent: &str) -> String {
    fresh(&format!("{intent}_secret"))
}
