//! The one place where the herd reads clocks.

use std::time::{Duration, SystemTime, UNIX_EPOCH};
pub use tokio::time::Instant;

/// Unix milliseconds.
pub fn unix_ms() -> u64 {
    #[allow(
        clippy::disallowed_methods,
        reason = "the herd stands outside of the system: it lives by the real clock"
    )]
    let now = SystemTime::now();
    let since = now.duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as u64)
}

/// The moment at which the wall clock will show `at` (Unix milliseconds); now when it is past.
pub fn instant_at(at: u64) -> Instant {
    Instant::now() + Duration::from_millis(at.saturating_sub(unix_ms()))
}
