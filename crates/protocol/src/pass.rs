//! The pass: the right to buy, given to a ticket whose rank is behind the frontier.
//!
//! Short-lived and bound to one ticket. The same ticket asking twice gets the same right, so a pass
//! names no more than the ticket's number and until when it holds.

use crate::codec::{Fields, Keyring, TokenError};
use crate::ids::{SaleId, TicketNumber};
use crate::ticket::Shopper;

const DOMAIN: &str = "sluice/pass/v1";

/// The right of one ticket to buy in one sale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    /// The sale it buys in.
    pub sale: SaleId,
    /// The ticket that was admitted.
    pub number: TicketNumber,
    /// Whose right it is.
    pub shopper: Shopper,
    /// Until when it holds, in Unix milliseconds by the clock of Redis.
    pub expires_at: u64,
}

impl Pass {
    /// The pass as a token.
    pub fn seal(&self, keys: &Keyring) -> String {
        let fields = Fields::new()
            .bytes(self.sale.as_str().as_bytes())
            .number(self.number.0)
            .bytes(&self.shopper)
            .number(self.expires_at);
        keys.seal(DOMAIN, &fields)
    }

    /// Reads a pass back. Expiry is not judged here: this crate has no clock.
    pub fn open(keys: &Keyring, token: &str) -> Result<Self, TokenError> {
        keys.open(DOMAIN, token, |r| {
            Some(Self {
                sale: r.text()?,
                number: TicketNumber(r.number()?),
                shopper: r.array()?,
                expires_at: r.number()?,
            })
        })
    }
}
