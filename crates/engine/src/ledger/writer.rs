//! The group-committing writer: one connection, one transaction for whatever is waiting.
//!
//! A durable commit costs a disk flush; a thousand winners cannot wait for a thousand flushes. The
//! writer takes all work that is waiting (up to [`GROUP`]), runs it piece by piece, commits once, and only
//! then answers everyone. An answer therefore always means: durable.
//!
//! A refused piece undoes only itself. Refusals are rare, and a savepoint costs as much as a statement: a
//! group is run without any, and once more, each piece in its own, when one of them is refused. Where there
//! was one there are often more, so the next group begins with savepoints.
//!
//! Several edges write to one Postgres. When their transactions get into each other's way the database ends
//! one of them, and that group is run again as a whole. Any other failure is told to everyone who waits, and
//! the connection is replaced. Nobody knows whether a commit that got no answer took place: it is an error to
//! the caller and is never repeated here.

use super::LedgerUrl;
use super::connection::Connection;
use crate::Error;
use futures::future::BoxFuture;
use sqlx::AnyConnection;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// Most pieces of work in one transaction: bounds how long the first waits for the last.
const GROUP: usize = 256;
/// How often a group is run when others get in its way.
const TRIES: u64 = 5;
/// How long a group may take, all tries together; longer than any one statement. A database that stopped
/// without a word is found out by this.
const PATIENCE: Duration = Duration::from_secs(10);
/// A writer that nobody asks looks this often whether its database is there: a sale must not look open while
/// its ledger is lost.
const IDLE: Duration = Duration::from_secs(1);

#[derive(Clone, Debug)]
pub(super) struct Writer {
    queue: mpsc::Sender<Box<dyn Work>>,
    failing: Arc<AtomicBool>,
}

/// A piece of work: statements on the writer's connection, and someone who waits for the result.
trait Work: Send {
    /// Runs the statements, possibly again after a transaction that was undone.
    fn run<'c>(&'c mut self, db: &'c mut AnyConnection) -> BoxFuture<'c, Outcome>;
    /// Did the ledger fail it? A refusal is no failure.
    fn failed(&self) -> bool;
    /// Answers whoever waits, now that the transaction has committed or not.
    fn answer(self: Box<Self>, committed: bool);
}

/// What is to be done with the statements of a piece.
enum Outcome {
    Keep,
    Undo,
    /// The database wants the whole transaction again.
    Repeat,
}

/// How the transaction of a group went.
enum Run {
    /// It is durable; were pieces refused?
    Committed { refused: bool },
    /// A piece was refused and had no savepoint to go back to.
    Unguarded,
    /// Others got in the way.
    Conflict,
}

struct Piece<F, T> {
    statements: F,
    result: Result<T, Error>,
    waiter: oneshot::Sender<Result<T, Error>>,
}

impl<F, T> Work for Piece<F, T>
where
    F: for<'c> FnOnce(&'c mut AnyConnection) -> BoxFuture<'c, Result<T, Error>> + Clone + Send,
    T: Send,
{
    fn run<'c>(&'c mut self, db: &'c mut AnyConnection) -> BoxFuture<'c, Outcome> {
        Box::pin(async move {
            self.result = self.statements.clone()(db).await;
            match &self.result {
                Ok(_) => Outcome::Keep,
                Err(Error::Ledger(error)) if is_conflict(error) => Outcome::Repeat,
                Err(_) => Outcome::Undo,
            }
        })
    }

    fn failed(&self) -> bool {
        matches!(self.result, Err(Error::Ledger(_)))
    }

    fn answer(self: Box<Self>, committed: bool) {
        let result = match self.result {
            Err(Error::Ledger(error)) => Err(Error::Ledger(error)),
            // Not even a refusal stands: it may rest on what another piece of the group wrote.
            _ if !committed => Err(Error::NotCommitted),
            result => result,
        };
        // Whoever asked may have gone; the work is done all the same.
        drop(self.waiter.send(result));
    }
}

impl Writer {
    pub(super) async fn start(url: LedgerUrl) -> Result<Self, Error> {
        let connection = Connection::open(url).await?;
        let (queue, waiting) = mpsc::channel(4 * GROUP);
        let failing = Arc::new(AtomicBool::new(false));
        tokio::spawn(write(connection, waiting, Arc::clone(&failing)));
        Ok(Self { queue, failing })
    }

    /// Did the ledger fail anyone in the last transaction, or did it not answer since?
    pub(super) fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    /// Runs `statements` inside the next transaction and answers after it is durable. They may run more than
    /// once, but only one run is kept.
    pub(super) async fn run<T, F>(&self, statements: F) -> Result<T, Error>
    where
        F: for<'c> FnOnce(&'c mut AnyConnection) -> BoxFuture<'c, Result<T, Error>>
            + Clone
            + Send
            + 'static,
        T: Send + 'static,
    {
        let (waiter, answer) = oneshot::channel();
        let piece = Piece {
            statements,
            result: Err(Error::NotCommitted),
            waiter,
        };
        self.queue
            .send(Box::new(piece))
            .await
            .map_err(|_| Error::NotCommitted)?;
        answer.await.map_err(|_| Error::NotCommitted)?
    }
}

async fn write(
    mut connection: Connection,
    mut waiting: mpsc::Receiver<Box<dyn Work>>,
    failing: Arc<AtomicBool>,
) {
    let mut group = Vec::with_capacity(GROUP);
    let mut guarded = false;
    loop {
        let Ok(pieces) = timeout(IDLE, waiting.recv_many(&mut group, GROUP)).await else {
            if !answers(&mut connection).await {
                failing.store(true, Ordering::Relaxed);
            }
            continue;
        };
        if pieces == 0 {
            break;
        }
        let committing = commit_in_the_end(&mut connection, &mut group, guarded);
        let failure = match timeout(PATIENCE, committing).await {
            Ok(Ok(refused)) => {
                guarded = refused;
                None
            }
            Ok(Err(error)) => Some(error.to_string()),
            Err(late) => Some(late.to_string()),
        };
        let committed = failure.is_none();
        if let Some(error) = failure {
            tracing::error!(error, pieces = group.len(), "the ledger did not commit");
            // Whatever state it is in, the next group must not land in it.
            connection.hang_up();
        }
        metrics::histogram!("sluice_ledger_group_size").record(group.len() as f64);
        // Before anyone is answered: who hears of a failure finds the ledger failing.
        let failed = !committed || group.iter().any(|piece| piece.failed());
        failing.store(failed, Ordering::Relaxed);
        for piece in group.drain(..) {
            piece.answer(committed);
        }
    }
    connection.close().await;
}

/// Would the database answer? One that works for reading may still fail to write, so this tells of failure only.
async fn answers(connection: &mut Connection) -> bool {
    let asking = async { statement(connection.ready().await?, "SELECT 1").await };
    let failure = match timeout(PATIENCE, asking).await {
        Ok(Ok(())) => return true,
        Ok(Err(error)) => error.to_string(),
        Err(late) => late.to_string(),
    };
    tracing::error!(error = failure, "the ledger does not answer");
    connection.hang_up();
    false
}

/// Commits the group, again and again while other edges get in its way; were pieces of it refused?
async fn commit_in_the_end(
    connection: &mut Connection,
    group: &mut [Box<dyn Work>],
    mut guarded: bool,
) -> Result<bool, sqlx::Error> {
    let mut tried = 0;
    while tried < TRIES {
        let db = connection.ready().await?;
        match commit(db, group, guarded).await {
            Ok(Run::Committed { refused }) => return Ok(refused),
            Ok(Run::Unguarded) => {
                guarded = true;
                statement(db, "ROLLBACK").await?;
                continue;
            }
            Ok(Run::Conflict) => {}
            Err(error) if is_conflict(&error) => {}
            Err(error) => return Err(error),
        }
        tried += 1;
        statement(db, "ROLLBACK").await?;
        metrics::counter!("sluice_ledger_repeated_groups_total").increment(1);
        tokio::time::sleep(Duration::from_millis(10 * tried)).await;
    }
    Err(sqlx::Error::Protocol(
        "others got in the way of every try".into(),
    ))
}

/// Runs and commits the group once, each piece with a savepoint before it or none.
async fn commit(
    db: &mut AnyConnection,
    group: &mut [Box<dyn Work>],
    guarded: bool,
) -> Result<Run, sqlx::Error> {
    // SQLite has one writer at a time: it waits for its turn here, and not in the middle.
    let begin = match (db.backend_name(), guarded) {
        ("SQLite", true) => "BEGIN IMMEDIATE; SAVEPOINT piece",
        ("SQLite", false) => "BEGIN IMMEDIATE",
        (_, true) => "BEGIN; SAVEPOINT piece",
        (_, false) => "BEGIN",
    };
    statement(db, begin).await?;
    let mut refused = false;
    for piece in group {
        match piece.run(db).await {
            Outcome::Keep if !guarded => {}
            Outcome::Keep => statement(db, "RELEASE piece; SAVEPOINT piece").await?,
            Outcome::Undo if !guarded => return Ok(Run::Unguarded),
            Outcome::Undo => {
                refused = true;
                statement(db, "ROLLBACK TO piece").await?;
            }
            Outcome::Repeat => return Ok(Run::Conflict),
        }
    }
    statement(db, "COMMIT").await?;
    Ok(Run::Committed { refused })
}

async fn statement(db: &mut AnyConnection, text: &'static str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(text).execute(db).await?;
    Ok(())
}

/// A serialization failure or a deadlock: the transaction is undone, and is wanted again.
fn is_conflict(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|db| db.code());
    matches!(code.as_deref(), Some("40001" | "40P01"))
}
