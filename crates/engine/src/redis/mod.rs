//! Redis: the fast gate. One connection, one key naming, one script for each atomic act.
//!
//! Whatever is atomic lives in a file under `lua/`; here each gets a typed method and nothing else. A
//! script that answers with another epoch, or finds nothing, becomes [`Error::Rebuilding`].

mod acts;
mod keys;
mod reply;
mod scripts;

pub use acts::{Admission, BatchedJoin, Joined, Limits, Reserved, Units};
pub use reply::{Expired, State};

use crate::Error;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use std::time::Duration;

/// A handle on Redis; cheap to clone. Reconnects by itself.
#[derive(Clone)]
pub struct Store {
    connection: ConnectionManager,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

impl Store {
    /// Connects to `redis://…`, `rediss://…` or `redis+unix://…`; fails when nobody answers.
    pub async fn connect(url: &str) -> Result<Self, Error> {
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(Duration::from_secs(2)))
            .set_connection_timeout(Some(Duration::from_secs(1)))
            // The sale's tick tries again all the time; whoever else asks is told at once.
            .set_number_of_retries(1)
            .set_max_delay(Duration::from_millis(200));
        let connection =
            ConnectionManager::new_with_config(redis::Client::open(url)?, config).await?;
        Ok(Self { connection })
    }

    /// Is Redis answering?
    pub async fn ping(&self) -> Result<(), Error> {
        let mut connection = self.connection.clone();
        redis::cmd("PING")
            .query_async::<()>(&mut connection)
            .await?;
        Ok(())
    }
}

impl Store {
    /// Asks Redis to stop. It answers by hanging up.
    pub async fn shut_down(&self) {
        let mut connection = self.connection.clone();
        let _ = redis::cmd("SHUTDOWN")
            .query_async::<()>(&mut connection)
            .await;
    }
}
