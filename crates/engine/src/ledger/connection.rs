//! The writer's own connection, opened again after it was lost.

use super::LedgerUrl;
use sqlx::{AnyConnection, Connection as _};

pub(super) struct Connection {
    url: LedgerUrl,
    /// Device and number of the file that was opened first.
    file: Option<(u64, u64)>,
    db: Option<AnyConnection>,
}

impl Connection {
    pub(super) async fn open(url: LedgerUrl) -> Result<Self, sqlx::Error> {
        let db = url.connect().await?;
        Ok(Self {
            file: url.identity()?,
            url,
            db: Some(db),
        })
    }

    /// A connection outside any transaction.
    ///
    /// A SQLite file that was moved away can still be written to, and what is written there is lost. So the
    /// name has to lead to the file that was opened first; another one is another ledger, and needs a restart.
    pub(super) async fn ready(&mut self) -> Result<&mut AnyConnection, sqlx::Error> {
        if self.url.identity()? != self.file {
            self.hang_up();
            return Err(sqlx::Error::Configuration(
                "the ledger's file was replaced by another".into(),
            ));
        }
        if self.db.is_none() {
            self.db = Some(self.url.connect().await?);
            tracing::info!(ledger = %self.url, "the ledger's writer is connected again");
        }
        self.db.as_mut().ok_or(sqlx::Error::PoolClosed)
    }

    /// Gives the connection up, whatever state it is in; the database undoes what is not committed.
    pub(super) fn hang_up(&mut self) {
        self.db = None;
    }

    pub(super) async fn close(self) {
        if let Some(db) = self.db {
            drop(db.close().await);
        }
    }
}
