//! The ledger: what is final, in SQL, on SQLite or on Postgres.
//!
//! Reads go to a pool. Every write goes through the one [`writer`] of this edge, which commits many small
//! pieces of work as one durable transaction. Each file holds the statements of one table's story; the rooms
//! call them and never write SQL of their own.
//!
//! Every statement is written once and runs on both databases. On Postgres several edges write at the same
//! time and see each other's commits between two statements (READ COMMITTED). So nothing here is decided by a
//! read and then written: the write itself carries the condition, and its count of rows is the answer.

mod acts;
mod books;
mod claims;
mod connection;
mod decisions;
mod events;
mod faults;
mod journal;
mod kept;
mod limits;
mod line;
mod orders;
mod outbox;
mod pace;
mod patience;
mod payments;
mod refunds;
mod release;
mod repair;
mod returns;
mod sales;
mod settle;
mod sold;
mod sweeps;
#[cfg(test)]
pub(crate) mod tests;
mod url;
mod waves;
mod writer;

pub(crate) use books::MoneySums;
pub use books::{PaymentEntry, UnitRow, Winner};
pub use claims::{Claim, ClaimRefusal};
pub use decisions::Noted;
pub use events::Tally;
pub use line::{Run, Seen};
pub use orders::OrderRow;
pub use outbox::{Duty, DutyKind};
pub(crate) use payments::{Intention, Learned, When};
pub use payments::{PaymentRow, PaymentStatus};
pub(crate) use refunds::Asked;
pub use refunds::RefundRow;
pub use sales::{Drawn, SaleRow, Words};
pub use settle::Settlement;
pub use url::LedgerUrl;

use crate::Error;
use patience::InTime as _;
use sqlx::AnyPool;
use writer::Writer;

/// The clocks of edges differ by less, ms. A moment that lies further ahead than anybody could have set it, by so much, was
/// set by a clock that was set back since, and nobody waits for it.
const CLOCKS_APART_MS: u64 = 60_000;

/// A handle on the ledger; cheap to clone.
#[derive(Clone, Debug)]
pub struct Ledger {
    pool: AnyPool,
    writer: Writer,
}

impl Ledger {
    /// Opens the ledger, creates its SQLite file if there is none, and brings its tables up to date. A commit
    /// that was acknowledged survives a power cut. Fails when the database cannot be reached.
    pub async fn open(url: &LedgerUrl) -> Result<Self, Error> {
        let pool = url.pool().await?;
        let migrations = match url.is_postgres() {
            true => sqlx::migrate!("./migrations/postgres"),
            false => sqlx::migrate!("./migrations/sqlite"),
        };
        migrations.run(&pool).await?;
        // One connection: another one would not know yet that the tables have changed.
        let mut db = pool.acquire().await?;
        for statement in crate::seeded::lost_keys() {
            sqlx::query(statement).execute(&mut *db).await?;
        }
        drop(db);
        let writer = Writer::start(url.clone()).await?;
        Ok(Self { pool, writer })
    }

    /// Did the ledger fail anyone when it was last written to?
    pub fn is_failing(&self) -> bool {
        self.writer.is_failing()
    }

    /// Is the ledger answering?
    pub async fn ping(&self) -> Result<(), Error> {
        sqlx::query("SELECT 1")
            .execute(&self.pool)
            .in_time()
            .await?;
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
