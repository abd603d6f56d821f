//! The group-committing writer: one connection, one transaction for whatever is waiting.
//!
//! A durable commit costs a disk flush; a thousand winners cannot wait for a thousand flushes. The
//! writer takes all work that is waiting (up to [`GROUP`]), runs each piece inside its own savepoint, so
//! that a refused piece undoes only itself, commits once, and only then answers everyone. An answer
//! therefore always means: durable.

use crate::Error;
use futures::future::BoxFuture;
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{mpsc, oneshot};

/// Most pieces of work in one transaction: bounds how long the first waits for the last.
const GROUP: usize = 256;

#[derive(Clone, Debug)]
pub(super) struct Writer {
    queue: mpsc::Sender<Box<dyn Work>>,
    failing: Arc<AtomicBool>,
}

/// A piece of work: statements on the writer's connection, and someone who waits for the result.
trait Work: Send {
    /// Runs the statements; `false` means undo them.
    fn run<'c>(&'c mut self, db: &'c mut SqliteConnection) -> BoxFuture<'c, bool>;
    /// Answers whoever waits, now that the transaction has committed or not; `false` when the ledger failed
    /// them, which a refusal does not.
    fn answer(self: Box<Self>, committed: bool) -> bool;
}

struct Piece<F, T> {
    statements: Option<F>,
    result: Result<T, Error>,
    waiter: oneshot::Sender<Result<T, Error>>,
}

impl<F, T> Work for Piece<F, T>
where
    F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, Error>> + Send,
    T: Send,
{
    fn run<'c>(&'c mut self, db: &'c mut SqliteConnection) -> BoxFuture<'c, bool> {
        Box::pin(async move {
            if let Some(statements) = self.statements.take() {
                self.result = statements(db).await;
            }
            self.result.is_ok()
        })
    }

    fn answer(self: Box<Self>, committed: bool) -> bool {
        let result = match self.result {
            Ok(_) if !committed => Err(Error::NotCommitted),
            result => result,
        };
        let sound = !matches!(result, Err(Error::Ledger(_) | Error::NotCommitted));
        // Whoever asked may have gone; the work is done all the same.
        drop(self.waiter.send(result));
        sound
    }
}

impl Writer {
    pub(super) fn start(connection: SqliteConnection) -> Self {
        let (queue, waiting) = mpsc::channel(4 * GROUP);
        let failing = Arc::new(AtomicBool::new(false));
        tokio::spawn(write(connection, waiting, Arc::clone(&failing)));
        Self { queue, failing }
    }

    /// Did the ledger fail anyone in the last transaction?
    pub(super) fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    /// Runs `statements` inside the next transaction and answers after it is durable.
    pub(super) async fn run<T, F>(&self, statements: F) -> Result<T, Error>
    where
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, Error>>
            + Send
            + 'static,
        T: Send + 'static,
    {
        let (waiter, answer) = oneshot::channel();
        let piece = Piece {
            statements: Some(statements),
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
    mut connection: SqliteConnection,
    mut waiting: mpsc::Receiver<Box<dyn Work>>,
    failing: Arc<AtomicBool>,
) {
    let mut group = Vec::with_capacity(GROUP);
    while waiting.recv_many(&mut group, GROUP).await > 0 {
        let committed = match commit(&mut connection, &mut group).await {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(%error, pieces = group.len(), "the ledger did not commit");
                // A transaction may be left open by the failure; the next group must not land in it.
                drop(sqlx::query("ROLLBACK").execute(&mut connection).await);
                false
            }
        };
        metrics::histogram!("sluice_ledger_group_size").record(group.len() as f64);
        let mut sound = committed;
        for piece in group.drain(..) {
            sound &= piece.answer(committed);
        }
        failing.store(!sound, Ordering::Relaxed);
    }
    drop(connection.close().await);
}

async fn commit(db: &mut SqliteConnection, group: &mut [Box<dyn Work>]) -> Result<(), sqlx::Error> {
    let statement = |text: &'static str| sqlx::query(AssertSqlSafe(text));
    statement("BEGIN IMMEDIATE").execute(&mut *db).await?;
    for piece in group {
        statement("SAVEPOINT piece").execute(&mut *db).await?;
        if !piece.run(db).await {
            statement("ROLLBACK TO piece").execute(&mut *db).await?;
        }
        statement("RELEASE piece").execute(&mut *db).await?;
    }
    statement("COMMIT").execute(&mut *db).await?;
    Ok(())
}
