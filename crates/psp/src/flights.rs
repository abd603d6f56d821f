//! Which idempotency keys are in use at this moment.
//!
//! Stripe answers 409 to a second call with a key whose first call is still under way. The claim is
//! a guard: a caller who hangs up in the middle gives the key back.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

/// The keys in use.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flights(Arc<Mutex<HashSet<String>>>);

/// A key in use; dropping it frees the key.
#[derive(Debug)]
pub(crate) struct Claim {
    flights: Flights,
    key: String,
}

impl Flights {
    /// Claims a key, unless somebody has it.
    pub(crate) fn claim(&self, key: &str) -> Option<Claim> {
        self.keys().insert(key.to_owned()).then(|| Claim {
            flights: self.clone(),
            key: key.to_owned(),
        })
    }

    fn keys(&self) -> std::sync::MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.flights.keys().remove(&self.key);
    }
}
