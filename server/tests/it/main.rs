//! The real binary over real HTTP. Each test starts its own edge with its own Redis, ledger and provider.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

mod bad_input;
mod commands;
mod edges;
mod harness;
mod keys;
mod other_shop;
mod pages;
mod redis_dies;
mod surface;
mod survival;
