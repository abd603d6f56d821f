//! Redis: the fast gate. One connection, one key naming, one script for each atomic act.
//!
//! Whatever is atomic lives in a file under `lua/`; here each gets a typed method and nothing else. A
//! script that answers with another epoch, or finds nothing, becomes [`Error::Rebuilding`]; one that finds an
//! older state than its asker has seen ([`fence`]), [`Error::Behind`]. [`restore`] lays what Redis forgot.
//!
//! Every command names the keys of one sale, which share a hash tag: it runs on a cluster as it does on one
//! server. What each kind of Redis promises is in docs/REDIS.md.

mod address;
mod answer;
mod captcha;
mod connection;
mod eviction;
mod fence;
mod inspect;
mod keys;
mod line;
mod networks;
mod operator;
mod reply;
mod restore;
mod script;
mod scripts;
mod units;

pub use address::shown;
pub(crate) use captcha::Spent;
pub use fence::Fence;
pub use inspect::{Held, Holdings};
pub use line::{Admission, BatchedJoin, Joined, Limits};
pub use reply::{Expired, State};
pub(crate) use restore::LinePiece;
pub use units::{Reserved, Units};

use crate::Error;
use address::Address;
use connection::Connection;

/// A handle on Redis; cheap to clone. Reconnects by itself, after a failover to the new master.
#[derive(Clone)]
pub struct Store {
    connection: Connection,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

impl Store {
    /// Connects; fails when nobody answers, or the URL is none of these:
    ///
    /// - `redis://…`, `rediss://…` (TLS), `redis+unix://…`: one server,
    /// - `redis+sentinel://[user:password@]host:port,host:port/service[/db]`: the master of a service,
    /// - `redis+cluster://[user:password@]host:port,host:port`: a cluster; the last two with `rediss` for TLS.
    pub async fn connect(url: &str) -> Result<Self, Error> {
        let connection = Connection::open(Address::parse(url)?).await?;
        Ok(Self { connection })
    }

    /// Is Redis answering?
    pub async fn ping(&self) -> Result<(), Error> {
        Ok(self.connection.ping().await?)
    }
}

impl Store {
    /// Asks a Redis of our own to stop. It answers by hanging up.
    pub async fn shut_down(&self) {
        let mut connection = self.connection.clone();
        let _ = redis::cmd("SHUTDOWN")
            .query_async::<()>(&mut connection)
            .await;
    }
}
