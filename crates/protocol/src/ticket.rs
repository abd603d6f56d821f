//! The ticket: a signed place in the sale.
//!
//! It travels in an HttpOnly cookie and in the JSON answer to a join. It holds no rank: the rank
//! follows from the number and the published draw, so a ticket never has to be reissued.

use crate::codec::{Fields, Keyring, TokenError};
use crate::ids::{SaleId, TicketNumber};

const DOMAIN: &str = "sluice/ticket/v2";

/// Who holds a ticket: the first 16 bytes of the browser key's thumbprint (RFC 7638), or of a hash of
/// the challenge when the browser has no key. Never a device fingerprint: identical phones exist.
pub type Shopper = [u8; 16];

/// A place in one sale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The sale it is a place in.
    pub sale: SaleId,
    /// Order of issue.
    pub number: TicketNumber,
    /// Whose place it is.
    pub shopper: Shopper,
    /// `shopper` is the thumbprint of a key: the ticket is good only together with a proof of that key
    /// ([`crate::dpop`]). Otherwise whoever carries the ticket has the place.
    pub bound: bool,
}

impl Ticket {
    /// The ticket as a token.
    pub fn seal(&self, keys: &Keyring) -> String {
        let fields = Fields::new()
            .bytes(self.sale.as_str().as_bytes())
            .number(self.number.0)
            .bytes(&self.shopper)
            .bytes(&[u8::from(self.bound)]);
        keys.seal(DOMAIN, &fields)
    }

    /// Reads a ticket back; an error for anything that this ring did not seal.
    pub fn open(keys: &Keyring, token: &str) -> Result<Self, TokenError> {
        keys.open(DOMAIN, token, |r| {
            Some(Self {
                sale: r.text()?,
                number: TicketNumber(r.number()?),
                shopper: r.array()?,
                bound: match r.array()? {
                    [0] => false,
                    [1] => true,
                    _ => return None,
                },
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use proptest::prelude::*;

    fn sealed(ring: &Keyring, sale: &str, number: u64, bound: bool, shopper: Shopper) -> Vec<u8> {
        let ticket = Ticket {
            sale: SaleId::parse(sale).unwrap(),
            number: TicketNumber(number),
            shopper,
            bound,
        };
        let token = ticket.seal(ring);
        assert_eq!(Ticket::open(ring, &token), Ok(ticket));
        URL_SAFE_NO_PAD.decode(token).unwrap()
    }

    proptest! {
        #[test]
        fn every_truncation_bit_flip_and_splice_is_refused(
            sale in "[a-z]{1,20}", other_sale in "[a-z]{1,20}",
            number: u64, other_number: u64, shopper: Shopper, other_shopper: Shopper,
            bound: bool, other_bound: bool, at: prop::sample::Index, from: prop::sample::Index, bit in 0u8..8,
        ) {
            let ring = Keyring::new((1, [9; 32]));
            let refused = |bytes: &[u8]| Ticket::open(&ring, &URL_SAFE_NO_PAD.encode(bytes)).is_err();
            let ticket = sealed(&ring, &sale, number, bound, shopper);
            let other = sealed(&ring, &other_sale, other_number, other_bound, other_shopper);

            let cut = at.index(ticket.len());
            prop_assert!(refused(&ticket[..cut]));
            let mut flipped = ticket.clone();
            flipped[cut] ^= 1 << bit;
            prop_assert!(refused(&flipped));
            let spliced = [&ticket[..cut], &other[from.index(other.len())..]].concat();
            prop_assert!(spliced == ticket || spliced == other || refused(&spliced));
            prop_assert!(refused(&[ticket.as_slice(), &[0]].concat()));
        }
    }
}
