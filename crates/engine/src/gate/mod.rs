//! The gate: what an arrival has to prove before it may join. Nothing here does I/O.
//!
//! - [`puzzle`] gives a challenge out, sealed and forgotten,
//! - [`arrival`] checks what comes back, the cheapest first, and tells what was noticed about it,
//! - [`client`] is who asks, [`network`] where they come from and how many did before,
//! - [`price`] is what a puzzle costs under the circumstances, [`load`] one of them,
//! - [`key`] is what a ticket that is bound to a browser's key has to prove later.
//!
//! That a challenge is used once is decided in the join batch, atomically, in Redis. A Redis that forgot does not know
//! any more what was used: a challenge of an earlier life gives nobody a new place.
//!
//! Two seams for whatever else weighs an arrival: the price of a puzzle ([`price::Price`]) is decided in one place,
//! before it is sealed, and [`arrival::Arrival`] carries what was noticed and refuses nobody.

mod arrival;
mod client;
mod key;
mod load;
mod network;
mod price;
mod puzzle;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;

pub use arrival::{Arrival, Network};
pub use client::Client;
pub use key::{Asked, Once};
pub(crate) use load::Load;
pub(crate) use network::{Budgets, Tally, keep_sharing};
pub use price::DeviceClass;
