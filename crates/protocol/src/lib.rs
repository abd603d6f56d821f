//! The algorithms and wire types that the browser and the edge share.
//!
//! Nothing here touches a network, a disk or a clock: time and randomness come in as arguments, so
//! the same code computes the same answer in a phone's WASM, on the edge and in an auditor's hand.
//!
//! In the order a shopper meets them:
//! - [`challenge`] and [`proof`]: the work that an arrival proves,
//! - [`ticket`]: the signed place, sealed by the one token [`codec`]; [`dpop`]: the proof of the key it is bound to,
//! - [`transcript`] and [`draw`]: how the lobby's numbers become ranks, [`verify`]: how anyone checks it,
//! - [`snapshot`] and [`place`]: one broadcast from which every browser computes its own place,
//! - [`pass`]: the short-lived right to buy,
//! - [`money`]: integer minor units,
//! - [`wire`] and [`problem`]: what the HTTP routes say and how they refuse.

pub mod challenge;
pub mod codec;
pub mod digest;
pub mod dpop;
pub mod draw;
pub mod ids;
pub mod money;
pub mod pass;
pub mod place;
pub mod problem;
pub mod proof;
pub mod snapshot;
pub mod ticket;
pub mod transcript;
pub mod verify;
pub mod wire;

pub use ids::{Rank, SaleId, TicketNumber, UnitNo};
pub use money::{Currency, Money};
pub use problem::{Problem, ProblemKind};
pub use snapshot::{Phase, Snapshot};
