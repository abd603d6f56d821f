//! The pass: the right to buy, given to a ticket whose rank is behind the frontier.
//!
//! Short-lived and bound to one ticket. The same ticket asking twice gets the same right, so a pass
//! names no more than the ticket's number and until when it holds. How it travels (signed, so that other
//! shops can check it) is the engine's affair: no browser ever reads one.

use crate::ids::{SaleId, TicketNumber};
use crate::ticket::Shopper;

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
