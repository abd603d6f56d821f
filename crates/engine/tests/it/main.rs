//! The engine against a real Redis, a real ledger and the payment simulator. Each test has its own.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

mod audit;
mod beacon;
mod captcha;
mod cluster;
mod cluster_harness;
mod database;
mod editing;
mod ending;
mod failover;
mod frontier;
mod harness;
mod inventory_model;
mod journey;
mod kept_cards;
mod ledger_lost;
mod line;
mod localstripe;
mod memory;
mod networks;
mod outage;
mod payments;
mod places;
mod proofs;
mod rebuild;
mod reconcile;
mod refunds;
mod seeded_bugs;
mod sentinel;
mod sequence;
mod spent_keys;
mod suspicion;
