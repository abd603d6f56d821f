//! The engine against a real Redis, a real ledger and the payment simulator. Each test has its own.

mod harness;
mod inventory_model;
mod journey;
mod line;
mod payments;
