//! The ledger: what is final, in SQL.
//!
//! Reads go to a pool. Every write goes through the one [`writer`], which commits many small pieces of
//! work as one durable transaction. Each file holds the statements of one table's story; the rooms call
//! them and never write SQL of their own.

mod claims;
mod events;
mod outbox;
mod payments;
mod sales;
mod writer;

pub use claims::{Claim, ClaimRefusal, OrderRow, Settlement};
pub use events::Tally;
pub use outbox::{Duty, DutyKind};
pub(crate) use payments::Learned;
pub use payments::{PaymentRow, PaymentStatus};
pub use sales::SaleRow;

use crate::Error;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use std::path::Path;
use std::time::Duration;
use writer::Writer;

/// A handle on the ledger; cheap to clone.
#[derive(Clone, Debug)]
pub struct Ledger {
    pool: SqlitePool,
    writer: Writer,
}

impl Ledger {
    /// Opens, and creates or migrates, the SQLite ledger in this file. WAL, `synchronous=FULL`: a commit
    /// that was acknowledged survives a power cut.
    pub async fn open(file: &Path) -> Result<Self, Error> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5));
        let pool = SqlitePoolOptions::new()
            .max_connections(8)
            .connect_with(options)
            .await?;
        sqlx::migrate!("./migrations").run(&pool).await?;
        let connection = pool.acquire().await?.detach();
        Ok(Self {
            pool,
            writer: Writer::start(connection),
        })
    }

    /// Did the ledger fail anyone when it was last written to?
    pub fn is_failing(&self) -> bool {
        self.writer.is_failing()
    }

    /// Is the ledger answering?
    pub async fn ping(&self) -> Result<(), Error> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }
}

/// Ledger integers are signed; ours are not and stay far below the limit.
fn sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}
