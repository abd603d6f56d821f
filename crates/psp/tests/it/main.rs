//! What the payment simulator promises, over its HTTP surface.

mod acts;
mod bank;
mod cards;
mod contract;
mod expiry;
mod faults;
mod harness;
mod idempotency;
mod limits;
mod pages;
mod restart;
mod webhooks;
