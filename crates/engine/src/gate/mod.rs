//! The gate: what an arrival has to prove before it may join. Nothing of it does I/O.
//! What was decided about whom goes to the ledger beside it.
//!
//! - [`puzzle`] gives a challenge out, sealed and forgotten; dearer for who is suspicious,
//! - [`score`] is how suspicious: the sum of what [`device`], [`headers`] and [`crowd`] show,
//! - [`book`] is what one sale's gate remembers of it, and [`appeal`] what the operator reads and sets right,
//! - [`arrival`] checks what comes back, the cheapest first; [`sequence`] is what the way there shows,
//! - [`caller`] is who asks, [`network`] where they come from and how many did before,
//! - [`price`] is what a puzzle costs under the circumstances, [`load`] one of them,
//! - [`captcha`] is what else is asked of who is above the clear band,
//! - [`key`] is what a ticket that is bound to a browser's key has to prove later.
//!
//! That a challenge is used once is decided in the join batch, atomically, in Redis. A Redis that forgot does not know
//! any more what was used: a challenge of an earlier life gives nobody a new place.
//!
//! The price of a puzzle ([`price::Price`]) is decided in one place, before it is sealed.

mod appeal;
mod arrival;
mod book;
mod caller;
mod captcha;
mod crowd;
mod device;
mod headers;
mod key;
mod load;
mod network;
mod price;
mod puzzle;
mod score;
mod sequence;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;

pub use arrival::Arrival;
pub(crate) use book::{Book, keep_book};
pub use caller::Caller;
pub use captcha::Provider;
pub(crate) use captcha::{Pool, keep_ready};
pub use device::Who;
pub use headers::Headers;
pub use key::{Asked, Once};
pub(crate) use load::Load;
pub(crate) use network::{Budgets, Tally, keep_sharing};
pub use price::DeviceClass;
pub use score::{Band, Reason, Reasons, Weights};
