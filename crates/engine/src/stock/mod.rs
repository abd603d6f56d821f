//! The stock: one click becomes one unit, for good.
//!
//! [`buy`] reserves in Redis (DECR-if-positive), claims in the ledger, confirms in Redis, and only then
//! answers; [`buyer`] says whose it is. [`lease`] takes back what was reserved and never claimed, [`returns`] what was
//! claimed and not paid. [`rebuild()`] lays the state in Redis from the ledger whenever Redis forgot; [`check`] finds out
//! whether it did.

mod buy;
mod buyer;
mod check;
mod lease;
mod rebuild;
mod returns;

pub(crate) use buyer::mailbox;
pub(crate) use check::is_complete;
pub(crate) use lease::give_up;
pub(crate) use rebuild::rebuild;
pub(crate) use returns::bring_back;
