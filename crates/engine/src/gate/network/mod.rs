//! The network that an arrival comes from, and how many came from there before it.
//!
//! - [`prefix`]: the nested networks that an address is in,
//! - [`buckets`]: counting, in memory of a fixed size however many networks there are,
//! - [`budgets`]: how crowded a network is, which raises the price of its puzzles, and when it has had enough,
//! - [`tally`]: what this edge counted and others have not heard of yet,
//! - [`sharing`]: once a second all edges of a sale add their counts up in Redis.
//!
//! A request does no I/O here. Without Redis the edge's own counts hold alone.

mod buckets;
mod budgets;
mod prefix;
mod sharing;
mod tally;

pub(crate) use budgets::Budgets;
pub(super) use prefix::short_hash;
pub(crate) use prefix::{Level, Prefix};
pub(crate) use sharing::keep_sharing;
pub(crate) use tally::Tally;
