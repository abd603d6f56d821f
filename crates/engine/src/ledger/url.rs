//! Where a ledger lies, and how a connection to it is opened.
//!
//! Every connection, pooled or the writer's own, is prepared here, so that "committed" means the same on
//! both databases: it survives a power cut.

use crate::Error;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyConnection, AnyPool, ConnectOptions as _};
use std::fmt;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a database may take to take a connection; one that is lost is told soon.
const CONNECT: Duration = Duration::from_secs(3);

/// SQLite: a commit waits for the disk, and for another process for at most five seconds.
const SQLITE: &str =
    "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON";
/// Postgres: a commit waits at least for its own disk, and no statement waits without end. A server that is
/// set to wait for its replicas as well is left at that.
const POSTGRES: &str =
    "SET statement_timeout = '8s'; SET idle_in_transaction_session_timeout = '20s';
    SET default_transaction_isolation = 'read committed'; SET client_min_messages = 'warning';
    SELECT set_config('synchronous_commit', 'on', false)
     WHERE current_setting('synchronous_commit') IN ('off', 'local')";

/// Where a ledger lies: a SQLite file or a Postgres database. Shown without its password.
#[derive(Clone)]
pub struct LedgerUrl(Place);

#[derive(Clone)]
enum Place {
    File(PathBuf),
    // Boxed: a parsed URL is large.
    Postgres(Box<AnyConnectOptions>),
}

impl LedgerUrl {
    /// Reads `sqlite:FILE` or `postgres://USER:PASSWORD@HOST/DATABASE`, as in `DATABASE_URL`.
    pub fn parse(url: &str) -> Result<Self, Error> {
        if let Some(file) = url.strip_prefix("sqlite:") {
            let file = file.strip_prefix("//").unwrap_or(file);
            if file.is_empty() || file.contains('?') {
                return Err(Error::Unprocessable("a SQLite ledger is sqlite:FILE"));
            }
            return Ok(Self::file(file));
        }
        let postgres = ["postgres://", "postgresql://"];
        if postgres.iter().any(|scheme| url.starts_with(scheme))
            && let Ok(options) = url.parse()
        {
            return Ok(Self(Place::Postgres(Box::new(options))));
        }
        // The text is not repeated: there may be a password in it.
        Err(Error::Unprocessable(
            "a ledger is sqlite:FILE or postgres://USER:PASSWORD@HOST/DATABASE",
        ))
    }

    /// A SQLite ledger in this file.
    pub fn file(file: impl Into<PathBuf>) -> Self {
        Self(Place::File(file.into()))
    }

    /// Opens a pool; `create` makes a SQLite file that is not there.
    pub(super) async fn pool(&self) -> Result<AnyPool, Error> {
        sqlx::any::install_default_drivers();
        let pool = AnyPoolOptions::new().after_connect(|db, _| Box::pin(prepare(db)));
        let pool = match self.0 {
            Place::File(_) => pool.max_connections(8),
            Place::Postgres(_) => pool
                .max_connections(16)
                .acquire_timeout(Duration::from_secs(10)),
        };
        Ok(pool.connect_with(self.options("rwc")?).await?)
    }

    /// Opens one connection to a ledger that exists.
    pub(super) async fn connect(&self) -> Result<AnyConnection, sqlx::Error> {
        let opening = async {
            let mut db = self.options("rw")?.connect().await?;
            prepare(&mut db).await?;
            Ok(db)
        };
        tokio::time::timeout(CONNECT, opening)
            .await
            .unwrap_or(Err(sqlx::Error::PoolTimedOut))
    }

    /// Which file a SQLite ledger is, by device and number; `None` for a database that is no file.
    pub(super) fn identity(&self) -> std::io::Result<Option<(u64, u64)>> {
        let Place::File(file) = &self.0 else {
            return Ok(None);
        };
        let file = std::fs::metadata(file)?;
        Ok(Some((file.dev(), file.ino())))
    }

    /// Does the ledger lie in Postgres?
    pub(super) fn is_postgres(&self) -> bool {
        matches!(self.0, Place::Postgres(_))
    }

    fn options(&self, mode: &str) -> Result<AnyConnectOptions, sqlx::Error> {
        match &self.0 {
            // Absolute: the first part of a relative path would be read as a host.
            Place::File(file) => {
                let file = std::path::absolute(file)?;
                format!("sqlite://{}?mode={mode}", escaped(&file)).parse()
            }
            Place::Postgres(options) => Ok((**options).clone()),
        }
    }
}

impl fmt::Display for LedgerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::File(file) => write!(f, "sqlite:{}", file.display()),
            Place::Postgres(options) => {
                let url = &options.database_url;
                let host = url.host_str().unwrap_or_default();
                write!(f, "postgres://{host}{}", url.path())
            }
        }
    }
}

impl fmt::Debug for LedgerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

async fn prepare(db: &mut AnyConnection) -> Result<(), sqlx::Error> {
    let statements = if db.backend_name() == "SQLite" {
        SQLITE
    } else {
        POSTGRES
    };
    sqlx::raw_sql(statements).execute(db).await?;
    Ok(())
}

/// A path as it may stand in a URL: a `?`, `#` or `%` in a directory's name is part of the name.
fn escaped(path: &Path) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    path.as_os_str()
        .as_encoded_bytes()
        .iter()
        .map(|&byte| match byte {
            byte if plain(byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let url = LedgerUrl::parse("postgres://shop:s3cret@db.example:5432/ledger?sslkey=s3cret");
        let shown = format!("{0} {0:?}", url.unwrap());
        assert_eq!(
            shown,
            "postgres://db.example/ledger postgres://db.example/ledger"
        );
    }

    #[test]
    fn a_url_that_is_no_ledger_is_refused_without_being_repeated() {
        for url in [
            "",
            "mysql://root:s3cret@h/d",
            "postgres://s3cret@h:x/d",
            "sqlite:",
            "sqlite:a?mode=ro",
        ] {
            let refused = LedgerUrl::parse(url).unwrap_err();
            assert!(
                !format!("{refused} {refused:?}").contains("s3cret"),
                "{url}"
            );
        }
    }
}
