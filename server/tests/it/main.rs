//! The real binary over real HTTP. Each test starts its own edge with its own Redis, ledger and provider.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

mod bad_input;
mod commands;
// The same as under the engine's tests.
#[path = "../../../crates/engine/tests/it/database.rs"]
mod database;
mod edges;
mod harness;
mod keys;
mod other_shop;
mod pages;
mod redis_dies;
mod surface;
mod survival;
