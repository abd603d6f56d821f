//! Payments: held while waiting, taken once, released always.
//!
//! - [`gateway`]: the few calls a provider must offer; [`stripe`] speaks them,
//! - [`authorize`]: a shopper asks for a hold, and looks again; [`keep`]: cards that the provider keeps until the turn
//!   nears, [`waves`]: whose turn that is,
//! - [`worker`]: drives what the ledger's outbox owes, paced, captures first; [`duties`]: what each duty does;
//!   [`breaker`]: a provider that does not answer is left alone for a while,
//! - [`observe`]: what the provider says of a payment, by our question, moves it on; [`webhook`]: makes us ask,
//! - [`release`]: losers, [`refund`]: money that goes back, [`sweep`]: holds that nobody owns,
//! - [`paced`]: the provider at the pace of all processes, for whoever audits,
//! - [`plan`]: what a sale's holds cost under each policy.
//!
//! The intent to call is in the ledger before the call, under a key that follows from it; so whatever
//! dies, the same call is made again with the same key, and the provider does it once. docs/PAYMENTS.md
//! has the state machine.

mod authorize;
mod breaker;
mod duties;
mod find;
mod gateway;
mod keep;
mod observe;
mod paced;
mod plan;
mod refund;
mod release;
mod stripe;
mod sweep;
mod waves;
mod webhook;
mod worker;

#[cfg(test)]
mod schedules;

pub use gateway::{
    Card, Gateway, GatewayError, GiveBack, Hold, Intent, IntentState, Keep, Kept, Listed,
    RefundState, Whereabouts,
};
pub use paced::Paced;
pub use stripe::Stripe;

pub(crate) use authorize::Waiters;
pub(crate) use breaker::Breaker;
pub(crate) use plan::of as plan_of;
pub(crate) use release::release_losers;
pub(crate) use waves::ask_for_those_near;
pub(crate) use worker::work;
