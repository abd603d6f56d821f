//! What was asked, sealed and forgotten; and that it was solved, sealed for the join.
//!
//! No edge has to remember a CAPTCHA: the shopper carries it. Inside is not the answer but its name under a key, so
//! that nobody can try answers without asking.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use protocol::SaleId;
use protocol::codec::{Fields, Keyring};
use protocol::digest::tagged;

const ASKED: &str = "sluice/captcha-asked/v1";
const SOLVED: &str = "sluice/captcha-solved/v1";
const ANSWER_KEY: &str = "sluice/captcha-answer-key/v1";
const ANSWER: &str = "sluice/captcha-answer/v1";

/// What somebody was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// In which sale.
    pub(super) sale: SaleId,
    /// For which challenge.
    pub(super) challenge: [u8; 16],
    /// Until when, Unix ms.
    pub(super) expires_at: u64,
    /// The name of the right answer; `None` when an outside service knows.
    pub(super) answer: Option<[u8; 32]>,
}

impl Asked {
    /// As a token.
    pub(super) fn seal(&self, keys: &Keyring) -> String {
        let fields = Fields::new()
            .bytes(self.sale.as_str().as_bytes())
            .bytes(&self.challenge)
            .number(self.expires_at)
            .bytes(self.answer.as_ref().map_or(&[][..], |name| name));
        keys.seal(ASKED, &fields)
    }

    /// Reads a token back; `None` for one that was not sealed here.
    pub(super) fn open(keys: &Keyring, token: &str) -> Option<Self> {
        let read = keys.open(ASKED, token, |r| {
            Some(Self {
                sale: r.text()?,
                challenge: r.array()?,
                expires_at: r.number()?,
                answer: match r.bytes()? {
                    [] => None,
                    name => Some(name.try_into().ok()?),
                },
            })
        });
        read.ok()
    }

    /// Is this the answer? Compared in constant time, with every key that could have sealed it.
    pub(super) fn is_answered_by(&self, keys: &Keyring, answer: &str) -> bool {
        let Some(right) = &self.answer else {
            return false;
        };
        let derived = keys.derive(ANSWER_KEY);
        let mut names = derived.iter().map(|key| name(key, &self.challenge, answer));
        names.any(|name| verify_slices_are_equal(&name, right).is_ok())
    }
}

/// The name of an answer to this challenge's question.
pub(super) fn name_of(keys: &Keyring, challenge: &[u8; 16], answer: &str) -> [u8; 32] {
    name(&keys.derive(ANSWER_KEY)[0], challenge, answer)
}

fn name(key: &[u8; 32], challenge: &[u8; 16], answer: &str) -> [u8; 32] {
    tagged(ANSWER, &[key, challenge, answer.as_bytes()])
}

/// The seal of somebody who has solved what was asked for this challenge.
pub(super) fn solved(keys: &Keyring, challenge: &[u8; 16]) -> String {
    keys.seal(SOLVED, &Fields::new().bytes(challenge))
}

/// Is it the seal for this challenge?
pub(in crate::gate) fn is_solved(keys: &Keyring, challenge: &[u8; 16], seal: &str) -> bool {
    let of = keys.open(SOLVED, seal, |r| r.array::<16>());
    of.is_ok_and(|of| of == *challenge)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ring() -> Keyring {
        Keyring::new((7, [3; 32]))
    }

    proptest! {
        #[test]
        fn the_right_answer_counts_for_its_challenge_and_no_other(challenge: [u8; 16], other: [u8; 16], answer in "[2-9]{5}", wrong in "[1-9]{4,6}") {
            prop_assume!(challenge != other && answer != wrong);
            let asked = Asked {
                sale: SaleId::parse("a").unwrap(),
                challenge,
                expires_at: 5,
                answer: Some(name_of(&ring(), &challenge, &answer)),
            };
            let read = Asked::open(&ring(), &asked.seal(&ring())).unwrap();
            prop_assert_eq!(&read, &asked);
            prop_assert!(read.is_answered_by(&ring(), &answer));
            prop_assert!(!read.is_answered_by(&ring(), &wrong));
            let elsewhere = Asked { challenge: other, ..asked };
            prop_assert!(!elsewhere.is_answered_by(&ring(), &answer));
            // After the secret was changed the old one still knows.
            let rotated = Keyring::new((8, [4; 32])).and_accept((7, [3; 32]));
            prop_assert!(read.is_answered_by(&rotated, &answer));
        }

        #[test]
        fn a_seal_is_for_one_challenge_and_no_other_token_is_one(challenge: [u8; 16], other: [u8; 16], at: prop::sample::Index) {
            prop_assume!(challenge != other);
            let seal = solved(&ring(), &challenge);
            prop_assert!(is_solved(&ring(), &challenge, &seal));
            prop_assert!(!is_solved(&ring(), &other, &seal));
            prop_assert!(!is_solved(&ring(), &challenge, &seal[..at.index(seal.len())]));
            let asked = Asked { sale: SaleId::parse("a").unwrap(), challenge, expires_at: 5, answer: None };
            prop_assert!(!is_solved(&ring(), &challenge, &asked.seal(&ring())));
            prop_assert!(Asked::open(&ring(), &seal).is_none());
            prop_assert!(!asked.is_answered_by(&ring(), ""));
        }
    }
}
