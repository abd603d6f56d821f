//! How somebody's requests look: where they seem to come from, what they say of themselves, and the key that signs.

use crate::clock::unix_ms;
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use protocol::dpop::ticket_hash;
use protocol::wire::BrowserKey;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};

/// One look.
#[derive(Debug, Default)]
pub struct Guise {
    /// All headers that tell of a browser, and the one by which a proxy tells the address.
    pub headers: Vec<(&'static str, String)>,
    /// The key that a ticket may be bound to.
    pub key: Option<Key>,
}

/// A key as a browser's WebCrypto makes it, on P-256.
#[derive(Debug)]
pub struct Key {
    pair: EcdsaKeyPair,
    public: BrowserKey,
    origin: String,
    signed: AtomicU64,
}

impl Key {
    /// A new key for pages of this origin, such as `https://shop.example`.
    pub fn new(origin: &str) -> Result<Self, Unspecified> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
        // An uncompressed point: 4, x, y (SEC 1, section 2.3.3).
        let point = pair.public_key().as_ref();
        let (x, y) = (point.get(1..))
            .and_then(|xy| xy.split_at_checked(32))
            .unwrap_or_default();
        let public = BrowserKey {
            kty: "EC".to_owned(),
            crv: "P-256".to_owned(),
            x: URL_SAFE_NO_PAD.encode(x),
            y: URL_SAFE_NO_PAD.encode(y),
        };
        Ok(Self {
            pair,
            public,
            origin: origin.to_owned(),
            signed: AtomicU64::new(0),
        })
    }

    /// Its public half.
    pub fn public(&self) -> &BrowserKey {
        &self.public
    }

    /// A proof for one request (RFC 9449); none when the system has no randomness.
    pub fn proof(&self, method: &str, path: &str, ticket: &str) -> Option<String> {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let nth = self.signed.fetch_add(1, Ordering::Relaxed);
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": self.public });
        let claims = json!({
            "htm": method, "htu": format!("{}{path}", self.origin), "iat": unix_ms() / 1000,
            "jti": nth.to_string(), "ath": ticket_hash(ticket),
        });
        let text = format!("{}.{}", part(&header), part(&claims));
        let signature = self.pair.sign(&SystemRandom::new(), text.as_bytes()).ok()?;
        Some(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::dpop::{Proof, Request};

    #[test]
    fn a_proof_is_for_one_request_and_names_its_key() {
        let key = Key::new("https://shop.example").unwrap();
        let text = key.proof("POST", "/a", "ticket").unwrap();
        let proof = Proof::read(&text).unwrap();
        let request = Request {
            method: "POST",
            path: "/a",
            origin: Some("https://shop.example"),
            bearer: Some("ticket"),
            ticket: Some("ticket"),
        };
        assert_eq!(proof.check(&request, unix_ms()), Ok(()));
        let other = Request {
            path: "/b",
            ..request
        };
        assert!(proof.check(&other, unix_ms()).is_err());
        let again = key.proof("POST", "/a", "ticket").unwrap();
        assert_ne!(Proof::read(&again).unwrap().once(), proof.once());
    }
}
