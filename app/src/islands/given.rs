//! What a page gives an island: one JSON text.
//!
//! The island macro reads and writes props with serde_json, in the browser too; with a text as the only
//! prop that code stays small, and the browser's own parser does the rest.

use serde::de::DeserializeOwned;

/// Writes it, on the edge.
#[cfg(feature = "ssr")]
pub(crate) fn give(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Reads it, on either side.
pub(crate) fn take<T: DeserializeOwned>(given: String) -> Option<T> {
    let value = if cfg!(feature = "hydrate") {
        crate::browser::json::read(&given)
    } else {
        serde_json::from_str(&given).ok()
    };
    drop(given);
    value
}
