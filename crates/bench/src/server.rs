//! The real edge as a child process, fresh, with a sale in its lobby.

use crate::process;
use anyhow::{Context as _, Result};
use protocol::wire::NewSale;
use protocol::{Currency, Money, SaleId};
use serde::Deserialize;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// The sale that everything is measured on.
pub(crate) const SALE: &str = "bench";

/// How an edge is set up.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    /// On core 0 alone; otherwise on all cores, beside whoever asks.
    pub(crate) on_one_core: bool,
    /// Settings, as environment variables.
    pub(crate) settings: Vec<(&'static str, String)>,
    /// Units of the sale.
    pub(crate) units: u32,
    /// Admissions per second; the usual when `None`.
    pub(crate) rate: Option<u32>,
}

impl Setup {
    /// One core, a thousand units, and checks of proofs that are made and pass: solving is the crowd's
    /// work, not the server's.
    pub(crate) fn usual() -> Self {
        Self {
            on_one_core: true,
            settings: vec![("SLUICE_GATE__DIFFICULTY", "0".to_owned())],
            units: 1000,
            rate: None,
        }
    }
}

/// A running edge with its Redis.
pub(crate) struct Server {
    edge: Child,
    home: TempDir,
    /// Process of its Redis.
    pub(crate) redis: u32,
    /// `host:port`.
    pub(crate) authority: String,
    /// `host:port` of its payment simulator.
    pub(crate) provider: String,
    operator_password: String,
}

#[derive(Deserialize)]
struct Ready {
    url: String,
    psp_url: String,
    operator_password: String,
}

impl Server {
    /// Starts it and announces the sale.
    pub(crate) async fn start(setup: &Setup) -> Result<Self> {
        let home = tempfile::tempdir()?;
        let ready_file = home.path().join("ready.json");
        let sluice = std::env::current_exe()?.with_file_name("sluice");
        let mut command = match setup.on_one_core {
            true => process::on_core(0, &sluice),
            false => std::process::Command::new(&sluice),
        };
        let edge = command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(home.path().join("data"))
            .arg("--ready-file")
            .arg(&ready_file)
            .env_remove("REDIS_URL")
            .env_remove("DATABASE_URL")
            .env_remove("PSP_URL")
            .envs(setup.settings.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(home.path().join("server.log"))?)
            .spawn()
            .with_context(|| format!("{} does not start", sluice.display()))?;
        let ready: Ready = wait_for(&ready_file).await?;
        let server = Self {
            redis: process::child_of(edge.id())?,
            edge,
            home,
            authority: authority_of(&ready.url),
            provider: authority_of(&ready.psp_url),
            operator_password: ready.operator_password,
        };
        server.announce(SALE, setup).await?;
        Ok(server)
    }

    /// Process of the edge.
    pub(crate) fn pid(&self) -> u32 {
        self.edge.id()
    }

    /// Where its Redis listens.
    pub(crate) fn socket(&self) -> PathBuf {
        self.home.path().join("data/redis.sock")
    }

    /// Announces a sale, and waits for its lobby.
    pub(crate) async fn announce(&self, sale: &str, setup: &Setup) -> Result<()> {
        let new = NewSale {
            sale: SaleId::parse(sale)?,
            title: "The sale that is measured".to_owned(),
            description: String::new(),
            price: Money {
                minor: 12_900,
                currency: Currency::parse("EUR")?,
            },
            units: setup.units,
            lobby_at: None,
            // Later than the run takes: it stays in its lobby.
            opens_at: herd::clock::unix_ms() + 3_600_000,
            rate: setup.rate,
            limit_per_buyer: 1,
            expected: None,
            policy: None,
        };
        self.operate("", &new).await?;
        self.reaches(sale, "lobby").await
    }

    /// Opens the sale and waits for its draw.
    pub(crate) async fn open(&self) -> Result<()> {
        self.operate(&format!("/{SALE}/open"), &serde_json::json!({}))
            .await?;
        self.reaches(SALE, "open").await
    }

    async fn operate(&self, path: &str, body: &impl serde::Serialize) -> Result<()> {
        let http = reqwest::Client::new();
        let operator = format!("http://{}/api/v1/operator", self.authority);
        let login = serde_json::json!({ "password": self.operator_password });
        let login = http.post(format!("{operator}/login")).json(&login).send();
        let login: serde_json::Value = login.await?.error_for_status()?.json().await?;
        let token = login["token"].as_str().unwrap_or_default();
        let act = http.post(format!("{operator}/sales{path}")).json(body);
        act.bearer_auth(token).send().await?.error_for_status()?;
        Ok(())
    }

    async fn reaches(&self, sale: &str, phase: &str) -> Result<()> {
        let http = reqwest::Client::new();
        let status = format!("http://{}/api/v1/sales/{sale}/status", self.authority);
        loop {
            let seen: serde_json::Value = http.get(&status).send().await?.json().await?;
            if seen["phase"] == phase {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Ends it. Nothing of it is kept, so it need not end in order; its Redis is asked to go.
    pub(crate) fn stop(&mut self) {
        let mut redis = std::process::Command::new("redis-cli");
        self.edge.kill().ok();
        self.edge.wait().ok();
        redis
            .arg("-s")
            .arg(self.socket())
            .args(["shutdown", "nosave"]);
        redis.output().ok();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

fn authority_of(url: &str) -> String {
    url.trim_start_matches("http://").to_owned()
}

/// Waits until a file holds this JSON; half a file is no JSON yet.
pub(crate) async fn wait_for<T: serde::de::DeserializeOwned>(file: &std::path::Path) -> Result<T> {
    let reading = async {
        loop {
            let bytes = std::fs::read(file).unwrap_or_default();
            if let Ok(value) = serde_json::from_slice(&bytes) {
                return value;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let within = Duration::from_secs(60);
    let ready = tokio::time::timeout(within, reading).await;
    ready.with_context(|| format!("{} was not written", file.display()))
}
