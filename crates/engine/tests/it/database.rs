//! The database under one test's ledger: a SQLite file, or a Postgres database of its own on the server that
//! `TEST_POSTGRES_URL` names (`deploy/with-postgres.sh` starts one). Gone with the test.

use sqlx::{Connection as _, PgConnection};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

/// A place for one ledger.
pub(crate) struct Database {
    /// As in `DATABASE_URL`.
    pub(crate) url: String,
    /// Where to say that it may go, and its name there.
    postgres: Option<(String, String)>,
}

/// Does this run test Postgres?
pub(crate) fn postgres() -> Option<String> {
    std::env::var("TEST_POSTGRES_URL").ok()
}

impl Database {
    /// An empty one; a SQLite file lies in `directory`.
    pub(crate) async fn create(directory: &Path) -> Self {
        match postgres() {
            Some(server) => Self::create_on(&server).await,
            None => Self {
                url: format!("sqlite:{}", directory.join("ledger.sqlite").display()),
                postgres: None,
            },
        }
    }

    /// An empty one on this Postgres server.
    pub(crate) async fn create_on(server: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{number}", std::process::id());
        say(server, format!("CREATE DATABASE {name}"))
            .await
            .unwrap();
        let (host, _) = server.rsplit_once('/').unwrap();
        Self {
            url: format!("{host}/{name}"),
            postgres: Some((server.to_owned(), name)),
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let Some((server, name)) = self.postgres.take() else {
            return;
        };
        // On a thread of its own: a drop cannot wait inside a runtime.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            // A server that the test has ended takes its databases along.
            drop(runtime.block_on(say(&server, format!("DROP DATABASE {name} WITH (FORCE)"))));
        });
        drop(dropping.join());
    }
}

async fn say(server: &str, statement: String) -> Result<(), sqlx::Error> {
    let mut db = PgConnection::connect(server).await?;
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
        .execute(&mut db)
        .await?;
    db.close().await
}
