//! `sluice serve` for one test: its life, and patience. [`http`] asks it, [`operator`] and [`shopper`]
//! are who does, [`process`] starts and ends it.

mod http;
mod operator;
mod process;
mod shopper;

pub(crate) use http::{Answer, read};
pub(crate) use process::{kill, until_ready};

use crate::database::{Database, postgres};
use process::{children_of, launch};
use reqwest::Client;
use reqwest::header::{self, HeaderMap, HeaderValue};
use std::path::PathBuf;
use std::process::{Child, Command, Output};
use std::time::Duration;
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(40);
const SLUICE: &str = env!("CARGO_BIN_EXE_sluice");

/// A running edge.
pub(crate) struct Edge {
    child: Child,
    pub(crate) url: String,
    pub(crate) admin_url: String,
    pub(crate) psp_url: String,
    pub(crate) operator_password: String,
    client: Client,
    directory: TempDir,
    settings: Vec<(&'static str, String)>,
    /// Its ledger's, when that is not a file under `data`.
    _database: Option<Database>,
}

impl Edge {
    pub(crate) async fn start() -> Self {
        Self::start_with(Vec::new()).await
    }

    /// Another edge of the same shop: it shares the stores, the provider and the secrets.
    pub(crate) async fn beside(&self) -> Self {
        let data = self.data();
        let secret = std::fs::read_to_string(data.join("secret")).unwrap();
        Self::start_with(vec![
            ("SLUICE_SERVER__SECRET", secret.trim().to_owned()),
            (
                "SLUICE_SERVER__OPERATOR_PASSWORD",
                self.operator_password.clone(),
            ),
            (
                "REDIS_URL",
                format!("redis+unix://{}/redis.sock", data.display()),
            ),
            ("DATABASE_URL", self.database_url()),
            ("PSP_URL", self.psp_url.clone()),
        ])
        .await
    }

    /// Starts one with these environment variables.
    pub(crate) async fn start_with(mut settings: Vec<(&'static str, String)>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut database = None;
        if postgres().is_some() && !settings.iter().any(|(name, _)| *name == "DATABASE_URL") {
            let new = Database::create(directory.path()).await;
            settings.push(("DATABASE_URL", new.url.clone()));
            database = Some(new);
        }
        let (child, ready) = launch(directory.path(), &settings).await;
        let text = |field: &str| ready[field].as_str().unwrap().to_owned();
        Self {
            child,
            url: text("url"),
            admin_url: text("admin_url"),
            psp_url: text("psp_url"),
            operator_password: text("operator_password"),
            client: Client::builder()
                .user_agent("Mozilla/5.0")
                .default_headers(HeaderMap::from_iter([(
                    header::ACCEPT_LANGUAGE,
                    HeaderValue::from_static("en"),
                )]))
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
            directory,
            settings,
            _database: database,
        }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// Where its ledger is, for other processes.
    pub(crate) fn database_url(&self) -> String {
        let set = self
            .settings
            .iter()
            .find(|(name, _)| *name == "DATABASE_URL");
        match set {
            Some((_, url)) => url.clone(),
            None => format!("sqlite:{}/ledger.sqlite", self.data().display()),
        }
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    /// Sends a signal to the edge.
    pub(crate) fn signal(&self, signal: &str) {
        kill(signal, self.child.id());
    }

    /// The process id of its embedded redis-server.
    pub(crate) fn redis_pid(&self) -> u32 {
        let children = Command::new("pgrep")
            .args(["-P", &self.child.id().to_string(), "redis-server"])
            .output()
            .unwrap();
        String::from_utf8(children.stdout)
            .unwrap()
            .trim()
            .parse()
            .expect("one redis-server")
    }

    /// The process ids of whoever runs on its data: the edge and its embedded redis-server.
    pub(crate) fn processes(&self) -> String {
        let found = Command::new("pgrep")
            .arg("--full")
            .arg(self.data())
            .output()
            .unwrap();
        String::from_utf8(found.stdout).unwrap()
    }

    /// Ends it with this signal and starts another one on the same data.
    pub(crate) async fn restart(&mut self, signal: &str) {
        self.signal(signal);
        self.child.wait().unwrap();
        let (child, ready) = launch(self.directory.path(), &self.settings).await;
        self.child = child;
        self.url = ready["url"].as_str().unwrap().to_owned();
        self.psp_url = ready["psp_url"].as_str().unwrap().to_owned();
    }

    /// Ends it in order; its data stay.
    pub(crate) fn ends(&mut self) {
        self.signal("TERM");
        self.child.wait().unwrap();
    }

    /// Runs another command of the binary on the same data.
    pub(crate) fn command(&self, arguments: &[&str]) -> Output {
        Command::new(SLUICE)
            .args(arguments)
            .arg("--data")
            .arg(self.data())
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .env("DATABASE_URL", self.database_url())
            .output()
            .unwrap()
    }

    /// Asks again until there is an answer; otherwise tells what the edge said.
    pub(crate) async fn until<T>(&self, what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
        let asking = async {
            loop {
                if let Some(answer) = ask().await {
                    return answer;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        match tokio::time::timeout(PATIENCE, asking).await {
            Ok(answer) => answer,
            Err(_) => panic!(
                "waited {PATIENCE:?} in vain until {what}; the edge said:\n{}",
                self.log()
            ),
        }
    }
}

impl Drop for Edge {
    /// Ends it, whatever a failed test left behind: a child that was stopped would never hear of the end.
    fn drop(&mut self) {
        let children = children_of(self.child.id());
        for child in &children {
            kill("CONT", *child);
        }
        self.signal("TERM");
        let patience = std::time::Instant::now() + Duration::from_secs(15);
        while matches!(self.child.try_wait(), Ok(None)) {
            if std::time::Instant::now() > patience {
                for process in children.iter().chain([&self.child.id()]) {
                    kill("KILL", *process);
                }
                break;
            }
            #[expect(
                clippy::disallowed_methods,
                reason = "drop cannot wait in any other way"
            )]
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.wait();
    }
}

#[expect(clippy::disallowed_methods, reason = "the tests' one clock")]
pub(crate) fn now() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_millis() as u64
}
