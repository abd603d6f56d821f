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

    #[test]
    fn a_ticket_says_whether_it_is_bound() {
        let keys = Keyring::new((1, [1; 32]));
        for bound in [false, true] {
            let ticket = Ticket {
                sale: SaleId::parse("one").unwrap(),
                number: TicketNumber(7),
                shopper: [9; 16],
                bound,
            };
            assert_eq!(Ticket::open(&keys, &ticket.seal(&keys)), Ok(ticket));
        }
    }
}
