//! Log lines to stderr. `RUST_LOG` chooses which; never a secret, never a card, never an email.

use crate::config::LogFormat;
use tracing_subscriber::EnvFilter;

pub(crate) fn start(format: LogFormat) {
    // The Redis client tells of each try to reach a lost node, ten a second; the sale tells it once.
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,redis=off"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false);
    // A second start in one process (tests) keeps the first.
    let _ = match format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
}
