//! Ways to lose a ledger's database, and to get it back.

use crate::database::{Database, postgres};
use crate::harness::until;
use sqlx::{Connection as _, SqliteConnection};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// A Postgres server that a test may kill.
pub(crate) struct Server {
    directory: TempDir,
    child: Option<Child>,
}

impl Server {
    /// `None` unless this run tests Postgres.
    pub(crate) async fn start() -> Option<Self> {
        postgres()?;
        let directory = tempfile::tempdir().unwrap();
        if is_root() {
            let owner = Command::new("chown")
                .arg("postgres")
                .arg(directory.path())
                .status();
            assert!(owner.unwrap().success());
        }
        let initialized = program("initdb")
            .arg("--pgdata")
            .arg(directory.path().join("data"))
            .args([
                "--username=sluice",
                "--auth=trust",
                "--encoding=UTF8",
                "--no-locale",
            ])
            .stdout(Stdio::null())
            .status();
        assert!(initialized.unwrap().success());
        let mut server = Self {
            directory,
            child: None,
        };
        server.restart().await;
        Some(server)
    }

    pub(crate) fn url(&self) -> String {
        let host = self.directory.path().to_str().unwrap().replace('/', "%2F");
        format!("postgres://sluice@{host}/postgres")
    }

    /// kill -9.
    pub(crate) fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// SIGSTOP to whoever serves a connection, or SIGCONT: the server says nothing, and closes nothing.
    pub(crate) fn signal_connections(&self, signal: &str) {
        let parent = self.child.as_ref().unwrap().id();
        let sent = Command::new("pkill")
            .args([&format!("-{signal}"), "-P", &parent.to_string()])
            .status();
        assert!(sent.unwrap().success());
    }

    /// The same files again. What the killed one left behind may be in the way for a moment.
    pub(crate) async fn restart(&mut self) {
        let directory = self.directory.path().to_str().unwrap().to_owned();
        let url = self.url();
        until("postgres answers", async || {
            let running = self.child.as_mut().map(|child| child.try_wait().unwrap());
            if !matches!(running, Some(None)) {
                let child = program("postgres")
                    .args(["-D", &format!("{directory}/data"), "-k", &directory])
                    .args(["-c", "listen_addresses="])
                    .stderr(Stdio::null())
                    .spawn();
                self.child = Some(child.unwrap());
            }
            let db = sqlx::PgConnection::connect(&url).await.ok()?;
            db.close().await.ok()
        })
        .await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.child.is_some() {
            self.kill();
        }
    }
}

/// A program of the server's, as a user that it agrees to run as.
fn program(name: &str) -> Command {
    let folder = std::env::var("TEST_POSTGRES_BIN").expect("deploy/with-postgres.sh sets it");
    let program = Path::new(&folder).join(name);
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command
        .args([
            "--reuid",
            "postgres",
            "--regid",
            "postgres",
            "--init-groups",
        ])
        .arg(program)
        .current_dir("/");
    command
}

pub(crate) fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout.trim_ascii() == b"0"
}

/// Another process that keeps a SQLite file to itself.
pub(crate) struct Lock(SqliteConnection);

impl Lock {
    pub(crate) async fn on(database: &Database) -> Self {
        let mut db = SqliteConnection::connect(&database.url).await.unwrap();
        sqlx::raw_sql("BEGIN EXCLUSIVE")
            .execute(&mut db)
            .await
            .unwrap();
        Self(db)
    }

    pub(crate) async fn release(mut self) {
        sqlx::raw_sql("ROLLBACK")
            .execute(&mut self.0)
            .await
            .unwrap();
        self.0.close().await.unwrap();
    }
}

/// A disk of 16 megabytes: a few times what the ledger of a small sale takes.
pub(crate) struct SmallDisk(TempDir);

impl SmallDisk {
    /// `None` where nothing may be mounted.
    pub(crate) fn mount() -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=16m", "tmpfs"])
            .arg(directory.path())
            .stderr(Stdio::null())
            .status();
        mounted.ok()?.success().then_some(Self(directory))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes every byte that is left.
    pub(crate) fn fill(&self) {
        use std::io::Write as _;
        let mut filler = std::fs::File::create(self.filler()).unwrap();
        for size in [4096, 1] {
            let bytes = vec![0; size];
            while filler.write_all(&bytes).is_ok() {}
        }
    }

    pub(crate) fn free(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.path().join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the ledger may have its files open still.
        drop(Command::new("umount").arg("-l").arg(self.path()).status());
    }
}
