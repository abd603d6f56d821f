//! One codec for every token that Sluice hands out.
//!
//! A token is `base64url(version ‖ key id ‖ fields ‖ mac)`. The MAC is HMAC-SHA-256 (RFC 2104) over
//! the token's domain (`ticket`, `pass`, `challenge`), the version, the key id and the fields, each
//! length-prefixed, so that no token of one kind ever passes as another and no byte can move between
//! fields. Keys rotate by id: the ring seals with its first key and opens with any it holds.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

const VERSION: u8 = 1;
const MAC_LEN: usize = 32;
/// Longer texts are refused unread: no token of ours comes near.
const MAX_TEXT: usize = 512;

/// The keys that seal and open tokens. Made from secrets that live in the environment or the ledger, never in code.
#[derive(Clone)]
pub struct Keyring {
    keys: Vec<(u8, Key)>,
}

/// A key that has gone through its first block: half of the work for a short token.
type Key = Hmac<Sha256>;

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ids: Vec<u8> = self.keys.iter().map(|(id, _)| *id).collect();
        write!(f, "Keyring({ids:?})")
    }
}

/// Why a token was not opened. Deliberately coarse: a forger learns nothing from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token at all: wrong alphabet, length or version.
    #[error("the token is malformed")]
    Malformed,
    /// Sealed by a key that this ring does not hold, or changed after it was sealed.
    #[error("the token is not genuine")]
    Forged,
}

impl Keyring {
    /// A ring whose `current` key seals; `(id, key)`.
    pub fn new(current: (u8, [u8; 32])) -> Self {
        Self {
            keys: vec![prepared(current)],
        }
    }

    /// The same ring, still opening what an older key sealed.
    #[must_use]
    pub fn and_accept(mut self, older: (u8, [u8; 32])) -> Self {
        self.keys.push(prepared(older));
        self
    }

    /// Secrets for another use, one from each key of the ring, the current one first. They tell nothing of
    /// the keys, nor of what is derived under another domain (HMAC as a pseudo-random function, RFC 5869).
    pub fn derive(&self, domain: &str) -> Vec<[u8; 32]> {
        let derived = |(_, key): &(u8, Key)| mac(key, domain, b"").finalize().into_bytes();
        self.keys.iter().map(|key| derived(key).into()).collect()
    }

    /// Seals `fields` into a token of the kind named by `domain`.
    pub fn seal(&self, domain: &str, fields: &Fields) -> String {
        let (id, key) = &self.keys[0];
        let mut bytes = Vec::with_capacity(2 + fields.0.len() + MAC_LEN);
        bytes.extend([VERSION, *id]);
        bytes.extend(&fields.0);
        let mac = mac(key, domain, &bytes).finalize().into_bytes();
        bytes.extend(mac);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Opens a token of the kind named by `domain` and hands its fields to `read`.
    ///
    /// The MAC is compared in constant time before any field is looked at, and every byte of the
    /// fields must be read: trailing bytes make the token malformed.
    pub fn open<T>(
        &self,
        domain: &str,
        token: &str,
        read: impl FnOnce(&mut Reader<'_>) -> Option<T>,
    ) -> Result<T, TokenError> {
        if token.len() > MAX_TEXT {
            return Err(TokenError::Malformed);
        }
        let bytes = URL_SAFE_NO_PAD
            .decode(token)
            .map_err(|_| TokenError::Malformed)?;
        let (sealed, tag) = bytes
            .split_last_chunk::<MAC_LEN>()
            .ok_or(TokenError::Malformed)?;
        let [version, id, fields @ ..] = sealed else {
            return Err(TokenError::Malformed);
        };
        if *version != VERSION {
            return Err(TokenError::Malformed);
        }
        let (_, key) = self
            .keys
            .iter()
            .find(|(known, _)| known == id)
            .ok_or(TokenError::Forged)?;
        mac(key, domain, sealed)
            .verify_slice(tag)
            .map_err(|_| TokenError::Forged)?;
        let mut reader = Reader(fields);
        match read(&mut reader) {
            Some(value) if reader.0.is_empty() => Ok(value),
            _ => Err(TokenError::Malformed),
        }
    }
}

fn prepared((id, key): (u8, [u8; 32])) -> (u8, Key) {
    let key = Hmac::new_from_slice(&key);
    (
        id,
        key.unwrap_or_else(|_| unreachable!("HMAC takes a key of any length")),
    )
}

fn mac(key: &Key, domain: &str, sealed: &[u8]) -> Hmac<Sha256> {
    let mut mac = key.clone();
    for part in [domain.as_bytes(), sealed] {
        mac.update(&(part.len() as u32).to_be_bytes());
        mac.update(part);
    }
    mac
}

/// Bytes of a challenge's fields, nearly.
const ROOM: usize = 192;

/// Fields being written, each length-prefixed with one byte.
#[derive(Debug, Default)]
pub struct Fields(Vec<u8>);

impl Fields {
    /// No fields yet, and room for those of the longest token.
    pub fn new() -> Self {
        Self(Vec::with_capacity(ROOM))
    }

    /// Appends bytes; at most 255 of them, which every caller's types guarantee.
    #[must_use]
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        let len = u8::try_from(bytes.len())
            .unwrap_or_else(|_| unreachable!("a token field is at most 255 bytes"));
        self.0.push(len);
        self.0.extend(bytes);
        self
    }

    /// Appends a number, big-endian.
    #[must_use]
    pub fn number(self, number: u64) -> Self {
        self.bytes(&number.to_be_bytes())
    }
}

/// Fields being read, in the order they were written.
#[derive(Debug)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The next field's bytes; `None` when the fields end early.
    pub fn bytes(&mut self) -> Option<&'a [u8]> {
        let (len, rest) = self.0.split_first()?;
        let (field, rest) = rest.split_at_checked(usize::from(*len))?;
        self.0 = rest;
        Some(field)
    }

    /// The next field as exactly `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes()?.try_into().ok()
    }

    /// The next field as a number.
    pub fn number(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    /// The next field as text that `parse` accepts.
    pub fn text<T: std::str::FromStr>(&mut self) -> Option<T> {
        std::str::from_utf8(self.bytes()?).ok()?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ring() -> Keyring {
        Keyring::new((7, [3; 32]))
    }

    fn open(ring: &Keyring, domain: &str, token: &str) -> Result<(u64, Vec<u8>), TokenError> {
        ring.open(domain, token, |r| Some((r.number()?, r.bytes()?.to_vec())))
    }

    #[test]
    fn a_token_of_one_kind_is_not_a_token_of_another() {
        let token = ring().seal("ticket", &Fields::new().number(1).bytes(b"x"));
        assert_eq!(open(&ring(), "pass", &token), Err(TokenError::Forged));
    }

    #[test]
    fn an_older_key_still_opens_and_an_unknown_one_does_not() {
        let token = ring().seal("ticket", &Fields::new().number(1).bytes(b"x"));
        let rotated = Keyring::new((8, [4; 32])).and_accept((7, [3; 32]));
        assert!(open(&rotated, "ticket", &token).is_ok());
        assert_eq!(
            open(&Keyring::new((8, [4; 32])), "ticket", &token),
            Err(TokenError::Forged)
        );
    }

    proptest! {
        #[test]
        fn every_bit_flip_and_truncation_is_refused(number: u64, bytes in prop::collection::vec(any::<u8>(), 0..64), at: prop::sample::Index, bit in 0u8..8) {
            let token = ring().seal("ticket", &Fields::new().number(number).bytes(&bytes));
            prop_assert_eq!(open(&ring(), "ticket", &token), Ok((number, bytes)));
            let mut raw = URL_SAFE_NO_PAD.decode(&token).unwrap();
            let cut = at.index(raw.len());
            prop_assert!(open(&ring(), "ticket", &URL_SAFE_NO_PAD.encode(&raw[..cut])).is_err());
            raw[cut] ^= 1 << bit;
            prop_assert!(open(&ring(), "ticket", &URL_SAFE_NO_PAD.encode(&raw)).is_err());
        }

        #[test]
        fn the_same_bytes_in_other_fields_are_another_token(bytes in prop::collection::vec(any::<u8>(), 1..40), cuts: [prop::sample::Index; 2]) {
            let token = |cut: usize| {
                let (one, two) = bytes.split_at(cut);
                ring().seal("ticket", &Fields::new().bytes(one).bytes(two))
            };
            let [cut, another] = cuts.map(|cut| cut.index(bytes.len() + 1));
            prop_assume!(cut != another);
            prop_assert_ne!(token(cut), token(another));
        }

        #[test]
        fn garbage_never_opens(text in "\\PC{0,600}") {
            prop_assert!(open(&ring(), "ticket", &text).is_err());
        }
    }
}
