//! Nobody waits for the ledger without end.
//!
//! A database that refuses says so, and its own `statement_timeout` ends what takes too long. One that was stopped, or
//! behind a network that swallows everything, says nothing: a read would wait for as long as the connection is held
//! open. The writer has a patience of its own.

use std::future::Future;
use std::time::Duration;
use tokio::time::timeout;

/// How long a read may take, its connection from the pool included; longer than the database's own limit.
const READ_WITHIN: Duration = Duration::from_secs(10);

/// A read of the ledger.
pub(super) trait InTime<T>: Future<Output = Result<T, sqlx::Error>> + Send + Sized {
    /// Fails with a time-out when there is no answer within 10 s.
    fn in_time(self) -> impl Future<Output = Result<T, sqlx::Error>> + Send {
        async {
            let late = |_| Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()));
            timeout(READ_WITHIN, self).await.unwrap_or_else(late)
        }
    }
}

impl<T, F: Future<Output = Result<T, sqlx::Error>> + Send> InTime<T> for F {}
