//! The ticket: a signed place in the sale.
//!
//! It travels in an HttpOnly cookie and in the JSON answer to a join. It holds no rank: the rank
//! follows from the number and the published draw, so a ticket never has to be reissued.

use crate::codec::{Fields, Keyring, TokenError};
use crate::ids::{SaleId, TicketNumber};

const DOMAIN: &str = "sluice/ticket/v1";

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
}

impl Ticket {
    /// The ticket as a token.
    pub fn seal(&self, keys: &Keyring) -> String {
        let fields = Fields::new()
            .bytes(self.sale.as_str().as_bytes())
            .number(self.number.0)
            .bytes(&self.shopper);
        keys.seal(DOMAIN, &fields)
    }

    /// Reads a ticket back; an error for anything that this ring did not seal.
    pub fn open(keys: &Keyring, token: &str) -> Result<Self, TokenError> {
        keys.open(DOMAIN, token, |r| {
            Some(Self {
                sale: r.text()?,
                number: TicketNumber(r.number()?),
                shopper: r.array()?,
            })
        })
    }
}
