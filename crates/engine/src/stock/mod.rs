//! The stock: one click becomes one unit, for good.
//!
//! [`buy`] reserves in Redis (DECR-if-positive), claims in the ledger, confirms in Redis, and only then
//! answers. [`lease`] takes back what was reserved and never claimed. [`rebuild()`] lays the state in
//! Redis from the ledger, at a sale's announcement and whenever Redis forgot.

mod buy;
mod lease;
mod rebuild;

pub(crate) use lease::give_up;
pub(crate) use rebuild::rebuild;
