//! The keys that sign passes. A pass is a JSON Web Token (RFC 7519) signed with Ed25519 (`EdDSA`, RFC 8037),
//! so that a shop that is not ours can check one with our public keys alone and use the waiting room in
//! front of a checkout of its own.
//!
//! Claims: `aud` the sale, `sub` the ticket's number, `exp` the end in seconds, and of our own
//! `expires_at` the same end in milliseconds and `shopper` whose right it is. Each edge derives the same
//! keys from the same secrets, so the keys of tickets and of passes rotate together.

use crate::Error;
use aws_lc_rs::signature::Ed25519KeyPair;
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use protocol::codec::Keyring;
use protocol::digest::{from_hex, to_hex};
use protocol::pass::Pass;
use protocol::{SaleId, TicketNumber};
use serde::{Deserialize, Serialize};

const DOMAIN: &str = "sluice/pass-signing-key/v1";
/// Longer texts are refused unread: no pass of ours comes near.
const MAX_TEXT: usize = 1024;

/// Signs passes with one key and checks those of several.
#[derive(Clone)]
pub struct PassKeys {
    kid: String,
    signs: EncodingKey,
    public: JwkSet,
    validation: Validation,
}

impl std::fmt::Debug for PassKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PassKeys({})", self.kid)
    }
}

/// The keys cannot be made; never happens with a sound crypto library.
#[derive(Debug, thiserror::Error)]
#[error("the keys that sign passes cannot be made: {0}")]
pub struct KeyError(String);

#[derive(Serialize, Deserialize)]
struct Claims {
    aud: String,
    sub: String,
    exp: u64,
    expires_at: u64,
    shopper: String,
}

impl PassKeys {
    /// The keys that follow from the secrets in this ring: the current one signs, all are accepted.
    pub fn of(ring: &Keyring) -> Result<Self, KeyError> {
        let seeds = ring.derive(DOMAIN);
        let keys: Vec<(EncodingKey, Jwk)> = seeds.iter().map(key).collect::<Result<_, _>>()?;
        let public = keys.iter().map(|(_, jwk)| jwk.clone()).collect();
        let (signs, jwk) = keys
            .into_iter()
            .next()
            .ok_or_else(|| KeyError("no secret".into()))?;
        // Time and audience are judged by the caller: the clock is a parameter here.
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        Ok(Self {
            kid: jwk.common.key_id.unwrap_or_default(),
            signs,
            public: JwkSet { keys: public },
            validation,
        })
    }

    /// The public keys, as they are served at `/.well-known/jwks.json` (RFC 7517).
    pub fn public(&self) -> &JwkSet {
        &self.public
    }

    /// The pass as a token.
    pub fn sign(&self, pass: &Pass) -> Result<String, Error> {
        let header = Header {
            kid: Some(self.kid.clone()),
            ..Header::new(Algorithm::EdDSA)
        };
        let claims = Claims {
            aud: pass.sale.to_string(),
            sub: pass.number.to_string(),
            exp: pass.expires_at.div_ceil(1000),
            expires_at: pass.expires_at,
            shopper: to_hex(&pass.shopper),
        };
        jsonwebtoken::encode(&header, &claims, &self.signs)
            .map_err(|_| Error::Corrupt("the pass cannot be signed"))
    }

    /// Reads a pass back; an error for anything that none of these keys signed. Expiry is not judged here.
    pub fn read(&self, token: &str) -> Result<Pass, Error> {
        self.opened(token).ok_or(Error::PassInvalid)
    }

    fn opened(&self, token: &str) -> Option<Pass> {
        if token.len() > MAX_TEXT {
            return None;
        }
        let kid = jsonwebtoken::decode_header(token).ok()?.kid?;
        let key = DecodingKey::from_jwk(self.public.find(&kid)?).ok()?;
        let read = jsonwebtoken::decode::<Claims>(token, &key, &self.validation);
        let claims = read.ok()?.claims;
        Some(Pass {
            sale: SaleId::parse(&claims.aud).ok()?,
            number: TicketNumber(claims.sub.parse().ok()?),
            shopper: from_hex(&claims.shopper)?,
            expires_at: claims.expires_at,
        })
    }
}

fn key(seed: &[u8; 32]) -> Result<(EncodingKey, Jwk), KeyError> {
    let told = |error: &dyn std::fmt::Display| KeyError(error.to_string());
    let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|e| told(&e))?;
    let private = pair.to_pkcs8v1().map_err(|e| told(&e))?;
    let signs = EncodingKey::from_ed_der(private.as_ref());
    let mut jwk = Jwk::from_encoding_key(&signs, Algorithm::EdDSA).map_err(|e| told(&e))?;
    let thumbprint = jwk.thumbprint(ThumbprintHash::SHA256);
    jwk.common.key_id = Some(thumbprint.map_err(|e| told(&e))?);
    jwk.common.public_key_use = Some(PublicKeyUse::Signature);
    Ok((signs, jwk))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn keys(secret: u8) -> PassKeys {
        PassKeys::of(&Keyring::new((1, [secret; 32]))).unwrap()
    }

    fn pass(number: u64, expires_at: u64, shopper: [u8; 16]) -> Pass {
        Pass {
            sale: SaleId::parse("drop").unwrap(),
            number: TicketNumber(number),
            shopper,
            expires_at,
        }
    }

    #[test]
    fn an_older_key_still_counts_and_an_unknown_one_does_not() {
        let token = keys(1).sign(&pass(1, 1, [0; 16])).unwrap();
        let rotated = Keyring::new((2, [2; 32])).and_accept((1, [1; 32]));
        assert!(PassKeys::of(&rotated).unwrap().read(&token).is_ok());
        assert!(keys(2).read(&token).is_err());
    }

    #[test]
    fn a_token_without_a_signature_is_none() {
        let token = keys(1).sign(&pass(1, 1, [0; 16])).unwrap();
        let claims = token.split('.').nth(1).unwrap();
        for header in ["eyJhbGciOiJub25lIn0", "eyJhbGciOiJIUzI1NiJ9"] {
            assert!(keys(1).read(&format!("{header}.{claims}.")).is_err());
        }
    }

    proptest! {
        #[test]
        fn every_bit_flip_truncation_and_splice_is_refused(
            (a, b) in (any::<(u64, u64, [u8; 16])>(), any::<(u64, u64, [u8; 16])>()),
            at: prop::sample::Index, bit in 0u8..7, parts in 1usize..7,
        ) {
            prop_assume!(a != b);
            let keys = keys(3);
            let (one, other) = (pass(a.0, a.1, a.2), pass(b.0, b.1, b.2));
            let (token, second) = (keys.sign(&one).unwrap(), keys.sign(&other).unwrap());
            prop_assert_eq!(&keys.read(&token).unwrap(), &one);

            let cut = at.index(token.len());
            prop_assert!(keys.read(&token[..cut]).is_err());
            let mut flipped = token.clone().into_bytes();
            flipped[cut] ^= 1 << bit;
            prop_assert!(keys.read(&String::from_utf8(flipped).unwrap()).is_err());

            // The header is the same in both, so only claims and signature can be mixed up.
            let (left, right): (Vec<_>, Vec<_>) = (token.split('.').collect(), second.split('.').collect());
            let spliced = (0..3).map(|i| if parts >> i & 1 == 1 { left[i] } else { right[i] });
            let spliced = spliced.collect::<Vec<_>>().join(".");
            let genuine = spliced == token || spliced == second;
            prop_assert_eq!(keys.read(&spliced).is_ok(), genuine);
        }
    }
}
