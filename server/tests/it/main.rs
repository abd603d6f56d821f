//! The real binary over real HTTP. Each test starts its own edge with its own Redis, ledger and provider.

mod bad_input;
mod commands;
mod harness;
mod pages;
mod surface;
mod survival;
