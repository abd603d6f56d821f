//! The challenge: a puzzle that is stateless for the edge and single-use for the shopper.
//!
//! The edge seals the puzzle with what it is bound to and forgets it. The join carries it back; the
//! edge checks seal, time, sale, device and network without I/O, then the proof, and the join batch
//! spends its [`Challenge::id`] in Redis, atomically, so that it counts once.

use crate::codec::{Fields, Keyring, TokenError};
use crate::digest::{Digest, tagged};
use crate::ids::SaleId;

const DOMAIN: &str = "sluice/challenge/v4";

/// Longest that a challenge is valid, ms, whatever its edge was told: what was used is remembered no longer.
pub const MAX_LIFETIME_MS: u64 = 120_000;

/// A puzzle and everything it is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The sale it lets join.
    pub sale: SaleId,
    /// The life of the sale's state in which it was issued. In a later one nobody remembers whether it was used.
    pub epoch: u64,
    /// 256 random bits, used whole in every round of the work.
    pub seed: [u8; 32],
    /// How many rounds the proof has, 1 to 64.
    pub rounds: u8,
    /// Leading zero bits each round needs, 0 to 32.
    pub difficulty: u8,
    /// How suspicious its shopper was, 0 to 100.
    pub suspicion: u8,
    /// Does the join need the seal of a CAPTCHA?
    pub captcha: bool,
    /// Did its shopper say that their browser has no key?
    pub keyless: bool,
    /// Hash of the device signals it was issued to; must be sent again with the proof.
    pub device: Digest,
    /// Hash of the network prefix it was issued to. Soft: a phone may change from Wi-Fi to 4G.
    pub network: [u8; 8],
    /// Not valid earlier, Unix milliseconds.
    pub not_before: u64,
    /// Not valid from here on, Unix milliseconds, nor [`MAX_LIFETIME_MS`] after `not_before`.
    pub expires_at: u64,
}

/// Why a genuine challenge does not fit the join it came with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// Sealed for another sale.
    #[error("the challenge belongs to another sale")]
    Sale,
    /// Issued to another device.
    #[error("the challenge was issued to another device")]
    Device,
    /// Used before its time.
    #[error("the challenge is not valid yet")]
    Early,
    /// Used after its time.
    #[error("the challenge has expired")]
    Expired,
    /// Issued before the sale's state was restored, or over while it waited in a queue.
    #[error("nobody can say any more whether the challenge was used; ask for a new one")]
    Stale,
}

impl Challenge {
    /// The challenge as a token.
    pub fn seal(&self, keys: &Keyring) -> String {
        let fields = Fields::new()
            .bytes(self.sale.as_str().as_bytes())
            .number(self.epoch)
            .bytes(&self.seed)
            .bytes(&[
                self.rounds,
                self.difficulty,
                self.suspicion,
                self.captcha.into(),
                self.keyless.into(),
            ])
            .bytes(&self.device)
            .bytes(&self.network)
            .number(self.not_before)
            .number(self.expires_at);
        keys.seal(DOMAIN, &fields)
    }

    /// Reads a challenge back; an error for anything that this ring did not seal.
    pub fn open(keys: &Keyring, token: &str) -> Result<Self, TokenError> {
        keys.open(DOMAIN, token, |r| {
            let sale = r.text()?;
            let epoch = r.number()?;
            let seed = r.array()?;
            let [rounds, difficulty, suspicion, captcha, keyless] = r.array()?;
            Some(Self {
                sale,
                epoch,
                seed,
                rounds,
                difficulty,
                suspicion,
                captcha: captcha != 0,
                keyless: keyless != 0,
                device: r.array()?,
                network: r.array()?,
                not_before: r.number()?,
                expires_at: r.number()?,
            })
        })
    }

    /// Does it fit this sale, this device and this moment (`now` in Unix milliseconds)?
    pub fn fits(&self, sale: &SaleId, device: &Digest, now: u64) -> Result<(), Mismatch> {
        use subtle::ConstantTimeEq as _;
        if self.sale != *sale {
            Err(Mismatch::Sale)
        } else if !bool::from(self.device.ct_eq(device)) {
            Err(Mismatch::Device)
        } else if now < self.not_before {
            Err(Mismatch::Early)
        } else if now >= self.expires_at || now - self.not_before >= MAX_LIFETIME_MS {
            Err(Mismatch::Expired)
        } else {
            Ok(())
        }
    }

    /// What is spent when the challenge is used.
    pub fn id(&self) -> [u8; 16] {
        let hash = tagged("sluice/challenge-id/v1", &[&self.seed]);
        let mut id = [0; 16];
        id.copy_from_slice(&hash[..16]);
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use proptest::prelude::*;

    const NOW: u64 = 1_800_000_000_000;

    fn ring() -> Keyring {
        Keyring::new((7, [3; 32]))
    }

    prop_compose! {
        fn any_challenge()(
            sale in "[a-z][a-z0-9]{0,30}", epoch: u64, seed: [u8; 32], rounds in 1u8..=64,
            difficulty in 0u8..=32, suspicion in 0u8..=100, captcha: bool, keyless: bool, device: [u8; 32], network: [u8; 8], lives in 1..=MAX_LIFETIME_MS,
        ) -> Challenge {
            Challenge {
                sale: SaleId::parse(&sale).unwrap(), epoch, seed, rounds, difficulty, suspicion, captcha, keyless, device, network,
                not_before: NOW, expires_at: NOW + lives,
            }
        }
    }

    fn bytes(challenge: &Challenge) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(challenge.seal(&ring())).unwrap()
    }

    fn is_refused(bytes: &[u8]) -> bool {
        Challenge::open(&ring(), &URL_SAFE_NO_PAD.encode(bytes)).is_err()
    }

    proptest! {
        #[test]
        fn what_was_sealed_opens_as_it_was(challenge in any_challenge()) {
            prop_assert_eq!(Challenge::open(&ring(), &challenge.seal(&ring())), Ok(challenge));
        }

        #[test]
        fn one_flipped_bit_anywhere_is_refused(challenge in any_challenge(), at: prop::sample::Index, bit in 0u8..8) {
            let mut bytes = bytes(&challenge);
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            prop_assert!(is_refused(&bytes));
        }

        #[test]
        fn a_token_that_is_cut_or_lengthened_is_refused(challenge in any_challenge(), at: prop::sample::Index, more in prop::collection::vec(any::<u8>(), 1..40)) {
            let bytes = bytes(&challenge);
            let at = at.index(bytes.len());
            prop_assert!(is_refused(&bytes[..at]));
            prop_assert!(is_refused(&bytes[at + 1..]));
            prop_assert!(is_refused(&[&bytes[..], &more].concat()));
            prop_assert!(is_refused(&[&bytes[..at], &more, &bytes[at..]].concat()));
        }

        #[test]
        fn two_tokens_spliced_at_any_byte_are_refused(one in any_challenge(), two in any_challenge(), at: prop::sample::Index, onto: prop::sample::Index) {
            let (one, two) = (bytes(&one), bytes(&two));
            let spliced = [&one[..at.index(one.len())], &two[onto.index(two.len())..]].concat();
            prop_assume!(spliced != one && spliced != two);
            prop_assert!(is_refused(&spliced));
        }

        #[test]
        fn a_byte_moved_over_the_border_of_two_fields_is_refused(challenge in any_challenge(), border in 0usize..7, to_the_right: bool) {
            // Version and key id, then each field behind its length.
            let mut bytes = bytes(&challenge);
            let mut at = 2;
            for _ in 0..border {
                at += 1 + usize::from(bytes[at]);
            }
            let next = at + 1 + usize::from(bytes[at]);
            if to_the_right {
                bytes[at] -= 1;
                bytes[next] += 1;
                bytes.swap(next - 1, next);
            } else {
                bytes[at] += 1;
                bytes[next] -= 1;
                bytes.swap(next, next + 1);
            }
            prop_assert!(is_refused(&bytes));
        }

        #[test]
        fn the_same_fields_under_another_kind_or_key_are_refused(challenge in any_challenge(), key: [u8; 32]) {
            let sealed = challenge.seal(&ring());
            prop_assume!(key != [3; 32]);
            prop_assert!(Challenge::open(&Keyring::new((7, key)), &sealed).is_err());
            let as_a_ticket = ring().open("sluice/ticket/v2", &sealed, |r| r.bytes().map(|_| ()));
            prop_assert!(as_a_ticket.is_err());
        }

        #[test]
        fn it_fits_its_sale_its_device_and_its_time_only(challenge in any_challenge(), after in 0..=2 * MAX_LIFETIME_MS, other: [u8; 32]) {
            let (sale, device) = (challenge.sale.clone(), challenge.device);
            let elsewhere = SaleId::parse("other-sale").unwrap();
            prop_assume!(other != device);
            prop_assert_eq!(challenge.fits(&elsewhere, &device, NOW), Err(Mismatch::Sale));
            prop_assert_eq!(challenge.fits(&sale, &other, NOW), Err(Mismatch::Device));
            prop_assert_eq!(challenge.fits(&sale, &device, NOW - 1), Err(Mismatch::Early));
            let in_time = NOW + after < challenge.expires_at;
            prop_assert_eq!(challenge.fits(&sale, &device, NOW + after).is_ok(), in_time);
        }

        #[test]
        fn none_lives_longer_than_it_is_remembered(challenge in any_challenge(), longer in 1u64..1 << 40) {
            let challenge = Challenge { expires_at: NOW + MAX_LIFETIME_MS + longer, ..challenge };
            let at = |now| challenge.fits(&challenge.sale, &challenge.device, now);
            prop_assert_eq!(at(NOW + MAX_LIFETIME_MS - 1), Ok(()));
            prop_assert_eq!(at(NOW + MAX_LIFETIME_MS), Err(Mismatch::Expired));
        }

        #[test]
        fn another_seed_is_another_name_in_the_book_of_used_ones(one in any_challenge(), bit in 0usize..256) {
            let mut two = one.clone();
            two.seed[bit / 8] ^= 1 << (bit % 8);
            prop_assert_ne!(one.id(), two.id());
        }
    }
}
