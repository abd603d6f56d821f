//! The real binary over real HTTP. Each test starts its own edge with its own Redis, ledger and provider.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

mod bad_input;
mod clock;
#[path = "../../../crates/engine/tests/it/cluster_harness.rs"]
#[allow(dead_code, reason = "the engine's tests use the rest")]
mod cluster_harness;
mod commands;
mod connections;
mod decisions;
// The same as under the engine's tests.
#[path = "../../../crates/engine/tests/it/database.rs"]
mod database;
mod edges;
mod harness;
mod keys;
mod networks;
mod operator;
mod other_shop;
mod pages;
mod proofs;
mod redis_dies;
mod redis_elsewhere;
mod surface;
mod survival;
mod worker;
