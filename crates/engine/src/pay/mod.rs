//! Payments: held while waiting, taken once, released always.
//!
//! - [`gateway`]: the few calls a provider must offer; [`stripe`] speaks them,
//! - [`authorize`]: a shopper asks for a hold, and looks again,
//! - [`worker`]: drives what the ledger's outbox owes, paced, captures first,
//! - [`observe`]: what the provider says of a payment, by our question or its webhook, moves it on.
//!
//! The intent to call is in the ledger before the call, under a key that follows from it; so whatever
//! dies, the same call is made again with the same key, and the provider does it once.

mod authorize;
mod find;
mod gateway;
mod observe;
mod pace;
mod release;
mod stripe;
mod stripe_list;
mod webhook;
mod worker;

pub use gateway::{Card, Gateway, GatewayError, Hold, Intent, IntentState, Listed, Whereabouts};
pub use stripe::Stripe;

pub(crate) use authorize::Waiters;
pub(crate) use release::release_losers;
pub(crate) use worker::work;
