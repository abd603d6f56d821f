//! The crowd of a flash sale, over HTTP, and the audit of what became of it.
//!
//! `herd crowd` walks the shopper's journey against a real server, many times at once:
//!
//! 1. [`venue`]: which server, which sale; starts one of its own in [`edge`] when none is named.
//! 2. [`pace`]: who comes when, who has a card that declines, who leaves without buying.
//! 3. [`solver`]: the proofs of work, on few threads.
//! 4. [`rush`]: everybody presses Join. [`shopper`] is one journey, [`steps`] are its steps, from Join
//!    to an order or to sold out; they speak through [`shop`] and [`card`] over the pooled [`client`] (its [`wire`] for the rush),
//!    and wait for their [`turn`] on the [`board`], which [`watch`] keeps fresh.
//! 5. [`tally`]: what the shoppers saw, shown while it happens by [`progress`].
//! 6. [`weather`]: what goes wrong at the payment simulator meanwhile, and its calm afterwards.
//! 7. [`audit`]: holds the ledger, the bank and the shoppers' own records against each other.
//! 8. [`report`]: the result, as a table or as one JSON object; [`trace`]: how it came about, over time.
//!
//! `herd buys` tries one step alone: [`buys`] gives each [`buyer`] a pass, and then all of them click Buy in one
//! [`volley`].
//!
//! `herd adversary` sends bots beside the crowd: [`adversary`] tells who they are, which layers of the defence stand, and
//! whose the units are in the end. Each of them walks in a [`guise`].
//!
//! Each ends with a [`verdict`].
//!
//! A waiting shopper costs a task, a ticket and one entry on the board: well under a kilobyte, so
//! that 100,000 of them fit beside the server they visit.

pub mod adversary;
pub mod ask;
pub mod audit;
pub mod board;
pub mod buyer;
pub mod buys;
pub mod card;
pub mod cli;
pub mod client;
pub mod clock;
pub mod crowd;
pub mod edge;
pub mod guise;
pub mod operator;
pub mod pace;
pub mod progress;
pub mod report;
pub mod rush;
pub mod shop;
pub mod shopper;
pub mod solver;
pub mod steps;
pub mod tally;
pub mod trace;
pub mod turn;
pub mod venue;
pub mod verdict;
pub mod volley;
pub mod watch;
pub mod weather;
pub mod window;
pub mod wire;
