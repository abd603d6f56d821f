//! Stripe's parameters: form-encoded names with bracket nesting, such as `metadata[sale]`.
//!
//! The nesting is never built: acts ask for `payment_method_data[card][number]` by its flat name.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::api::refusal::Refusal;

/// The parameters of one call, from its body or its query.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Decodes a body or a query string. What cannot be decoded refuses the call.
    pub(crate) fn parse(encoded: &[u8]) -> Result<Self, Refusal> {
        serde_urlencoded::from_bytes(encoded)
            .map(Self)
            .map_err(|_| Refusal::invalid("Invalid request: the parameters are not form-encoded."))
    }

    /// A parameter, if it is there and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// A parameter that must be there.
    pub(crate) fn need(&self, name: &'static str) -> Result<&str, Refusal> {
        self.get(name).ok_or_else(|| Refusal::missing(name))
    }

    /// A parameter that is `true`.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.get(name) == Some("true")
    }

    /// A whole number of minor units, at least 1.
    pub(crate) fn minor(&self, name: &'static str) -> Result<Option<u64>, Refusal> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        match text.parse::<u64>() {
            Ok(minor @ 1..=99_999_999) => Ok(Some(minor)),
            _ => Err(Refusal::invalid(format!("Invalid integer: {text}"))
                .code("parameter_invalid_integer")
                .param(name)),
        }
    }

    /// All `name[key]` pairs.
    pub(crate) fn map(&self, name: &str) -> BTreeMap<String, String> {
        self.0
            .iter()
            .filter_map(|(key, value)| Some((inner(key, name)?.to_owned(), value.clone())))
            .collect()
    }

    /// Whether `name[]` or `name[0]` and so on lists `item`.
    pub(crate) fn lists(&self, name: &str, item: &str) -> bool {
        self.0
            .iter()
            .any(|(key, value)| value == item && inner(key, name).is_some())
    }

    /// A digest of path and parameters in any order: two calls with the same are the same call.
    pub(crate) fn print(&self, path: &str) -> String {
        let mut pairs: Vec<&(String, String)> = self.0.iter().collect();
        pairs.sort();
        let mut digest = Sha256::new();
        for part in [path]
            .into_iter()
            .chain(pairs.iter().flat_map(|(k, v)| [k.as_str(), v]))
        {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        hex::encode(&digest.finalize()[..16])
    }
}

fn inner<'a>(key: &'a str, name: &str) -> Option<&'a str> {
    key.strip_prefix(name)?.strip_prefix('[')?.strip_suffix(']')
}
