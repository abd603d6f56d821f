//! A ticket that is bound to a browser's key counts only together with a proof of that key.

use crate::{Engine, Error};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use protocol::dpop::{DpopError, Proof, Request};
use protocol::ticket::Ticket;
use std::net::IpAddr;

/// The short name of one proof, by which Redis remembers that it was used.
pub type Once = [u8; 16];

/// The proof that came with a request, and the request that it has to be for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The `DPoP` header, if there was one.
    pub proof: Option<&'a str>,
    /// What was asked.
    pub request: Request<'a>,
    /// The address that it came from, as far as the proxies in front can be believed.
    pub from: IpAddr,
}

impl Engine {
    /// Is this the browser that the ticket was given to? `None` for a ticket without a key, which is good for
    /// whoever carries it. The name of the proof is for those who have to see that it is used once.
    ///
    /// The time is the sale's own, the one that every browser knows from the snapshots. The signature comes
    /// last: it costs as much as everything else together.
    pub fn proven(&self, ticket: &Ticket, asked: &Asked<'_>) -> Result<Option<Once>, Error> {
        if !ticket.bound {
            return Ok(None);
        }
        let proof = Proof::read(asked.proof.ok_or(DpopError::Missing)?)?;
        if proof.shopper() != ticket.shopper {
            return Err(DpopError::OtherKey.into());
        }
        proof.check(&asked.request, self.snapshot(&ticket.sale)?.at)?;
        verify(&proof)?;
        Ok(Some(proof.once()))
    }
}

/// ECDSA on P-256 with SHA-256 (FIPS 186-5), by the key that the proof carries.
fn verify(proof: &Proof) -> Result<(), DpopError> {
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, proof.point())
        .verify(proof.signed(), proof.signature())
        .map_err(|_| DpopError::Signature)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use proptest::prelude::*;
    use serde_json::json;
    use std::sync::LazyLock;

    static KEY: LazyLock<EcdsaKeyPair> =
        LazyLock::new(|| EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap());

    fn signed(jti: &str) -> String {
        let point = KEY.public_key().as_ref();
        let coordinate = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let jwk = json!({
            "kty": "EC", "crv": "P-256",
            "x": coordinate(&point[1..33]), "y": coordinate(&point[33..]),
        });
        let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = part(json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": jwk }));
        let claims = part(json!({ "htm": "POST", "htu": "https://s/a", "iat": 1, "jti": jti }));
        let text = format!("{header}.{claims}");
        let signature = KEY.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn is_good(text: &str) -> bool {
        Proof::read(text).is_ok_and(|proof| verify(&proof).is_ok())
    }

    proptest! {
        #[test]
        fn a_flipped_byte_anywhere_is_refused(jti in "[a-z0-9]{1,40}", at: prop::sample::Index, bit in 0u8..7) {
            let text = signed(&jti);
            prop_assert!(is_good(&text));
            let mut bytes = text.into_bytes();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            prop_assert!(!is_good(&String::from_utf8(bytes).unwrap()));
        }
    }
}
