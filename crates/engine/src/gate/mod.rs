//! The gate: what an arrival has to prove before it may join. Nothing here does I/O.
//!
//! - [`puzzle`] gives a challenge out, sealed and forgotten,
//! - [`arrival`] checks what comes back, the cheapest first, and tells what was noticed about it,
//! - [`network`] is where it comes from,
//! - [`key`] is what a ticket that is bound to a browser's key has to prove later.
//!
//! That a challenge is used once is decided in the join batch, atomically, in Redis. A Redis that forgot does not know
//! any more what was used: a challenge of an earlier life gives nobody a new place.
//!
//! Two seams for whatever else weighs an arrival: the price of a puzzle ([`puzzle::Price`]) is decided in one place,
//! before it is sealed, and [`arrival::Arrival`] carries what was noticed and refuses nobody.

mod arrival;
mod key;
mod network;
mod puzzle;

pub use arrival::{Arrival, Network};
pub use key::{Asked, Once};
