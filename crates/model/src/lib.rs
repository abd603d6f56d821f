//! The order and inventory machine as a model, and a checker that walks every state it can reach.
//!
//! Tests show that something works once; this shows that nothing breaks it, within bounds: a few tickets,
//! one or two units, and any few faults at any moment (an edge dies between two steps, an answer is lost, a
//! request comes twice, a lease ends too early, Redis forgets or a stale replica takes its place, the bank
//! refuses, a shopper leaves, the sale ends).
//!
//! - [`state`]: Redis, the ledger, the bank, and what is under way,
//! - [`guards`]: what keeps the machine safe, each of which can be left out,
//! - [`machine`]: which step may come next, and what it does; `shopper`, `edge` and `worker` hold the steps,
//!   each named after the file it mirrors,
//! - [`promises`]: what must be true in every state, and what in every state in which nothing moves,
//! - [`sales`]: the sales that are checked; [`check`]: runs the checker; [`report`]: the tables.
//!
//! The model knows no time: a lease may end whenever nobody holds it, a request may rest for as long as it
//! likes between any two of its steps. So what holds here holds for every timing.

pub mod check;
mod edge;
pub mod guards;
pub mod machine;
pub mod promises;
pub mod report;
pub mod sales;
mod shopper;
pub mod state;
mod worker;
