//! A payment provider on loopback that speaks Stripe's HTTP wire format, with a bank that remembers.
//!
//! Sluice starts it inside its own process by default and as `sluice psp`; the gateway client in
//! `engine` cannot tell it from the real provider. Auditors ask its `/oracle` what really happened
//! to the money.
//!
//! The way of a call, and the room of each step:
//!
//! 1. [`Simulator::router`] and `api`: key, rate limit, form decoding, Stripe's JSON.
//! 2. `simulator`: the idempotency key, the latency, the one lock.
//! 3. `acts`: what the call means. Pure: reads the books, returns a change.
//! 4. `books`: the change goes to the journal first and into memory second.
//! 5. [`bank`]: each movement of money, kept apart from what the intents claim about themselves.
//! 6. `webhooks`: signed events, in the background.
//!
//! [`faults`] says what goes wrong on the way; `/control` changes it, the clock and the cards' limits
//! while the simulator runs.
//!
//! Card numbers are never kept: a payment method remembers brand, last four digits, a keyed
//! fingerprint, and how the card behaves.

mod acts;
mod api;
pub mod bank;
mod books;
mod cards;
pub mod cli;
mod clock;
mod error;
pub mod faults;
mod flights;
mod ids;
mod model;
mod outcome;
mod pages;
mod settings;
mod simulator;
mod webhooks;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use error::Error;
pub use faults::Faults;
pub use settings::Settings;
pub use simulator::Simulator;

/// Serves a simulator on `listener` until `shutdown` is cancelled; calls under way are answered first.
pub async fn serve(
    listener: TcpListener,
    settings: Settings,
    shutdown: CancellationToken,
) -> Result<(), Error> {
    let simulator = Simulator::open(settings)?;
    axum::serve(listener, simulator.router())
        .with_graceful_shutdown(shutdown.cancelled_owned())
        .await
        .map_err(Error::Serve)
}
