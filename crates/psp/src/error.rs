//! Why a simulator could not be opened or served. What a caller of the API did wrong is
//! `api::refusal::Refusal`, not this.

use std::path::PathBuf;

/// Why the simulator does not start or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The journal cannot be opened or read.
    #[error("cannot use the journal {path}: {source}", path = path.display())]
    Journal {
        /// The journal's file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// Another simulator writes to the same journal: two memories of one bank would disagree.
    #[error("the journal {path} is in use by another simulator", path = path.display())]
    JournalInUse {
        /// The journal's file.
        path: PathBuf,
    },
    /// A whole line of the journal makes no sense. A torn last line is not an error: it is cut off.
    #[error("the journal {path} is damaged at line {line}: {source}", path = path.display())]
    JournalDamaged {
        /// The journal's file.
        path: PathBuf,
        /// 1-based number of the line.
        line: usize,
        /// Why it cannot be read.
        source: serde_json::Error,
    },
    /// The faults are not what faults can be.
    #[error("the faults: {0}")]
    Faults(#[from] crate::faults::FaultsError),
    /// The client that delivers webhooks cannot be built.
    #[error("cannot build the webhook client: {0}")]
    WebhookClient(#[source] reqwest::Error),
    /// Webhooks need a Tokio runtime to be delivered from.
    #[error("a simulator with a webhook URL must be opened inside a Tokio runtime")]
    NoRuntime,
    /// A limit of 0 calls a second would refuse everything.
    #[error("calls_per_s must be at least 1")]
    NoCallsAllowed,
    /// The HTTP server stopped.
    #[error("the payment simulator's server stopped: {0}")]
    Serve(#[source] std::io::Error),
}
