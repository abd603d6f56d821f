//! The edge: configuration, start-up, HTTP. Thin: it wires, the engine decides.
//!
//! - [`cli`]: the commands of the one binary,
//! - [`config`]: compiled-in defaults, then a file, then the environment,
//! - [`startup`]: from a configuration to a running edge, with the [`embedded`] parts it needs,
//! - [`http`]: the public routes, as thin doors to engine calls,
//! - [`admin`]: liveness, readiness and metrics on a port of their own,
//! - [`steer`]: the commands of `sluice sale`; [`utc`]: moments as people write them,
//! - [`demo`]: the sale that a newcomer sees first,
//! - [`audit`]: the tables of `sluice audit` and `sluice reconcile`,
//! - [`verify`]: an auditor recomputes a draw from outside.

mod admin;
mod audit;
pub mod cli;
pub mod config;
mod demo;
mod embedded;
pub mod http;
mod secrets;
mod startup;
mod steer;
mod telemetry;
mod utc;
mod verify;
