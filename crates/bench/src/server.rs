//! The real edge as a child process, fresh, on core 0, with a sale in its lobby.

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

/// A running edge with its Redis.
pub(crate) struct Server {
    edge: Child,
    home: TempDir,
    /// Process of its Redis.
    pub(crate) redis: u32,
    /// `host:port`.
    pub(crate) authority: String,
}

#[derive(Deserialize)]
struct Ready {
    url: String,
    operator_password: String,
}

impl Server {
    /// Starts it and announces the sale.
    pub(crate) async fn start() -> Result<Self> {
        let home = tempfile::tempdir()?;
        let ready_file = home.path().join("ready.json");
        let sluice = std::env::current_exe()?.with_file_name("sluice");
        let edge = process::on_core(0, &sluice)
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(home.path().join("data"))
            .arg("--ready-file")
            .arg(&ready_file)
            // Every check of a proof is made and passes: solving is the crowd's work, not the server's.
            .env("SLUICE_GATE__DIFFICULTY", "0")
            .env_remove("REDIS_URL")
            .env_remove("DATABASE_URL")
            .env_remove("PSP_URL")
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(home.path().join("server.log"))?)
            .spawn()
            .with_context(|| format!("{} does not start", sluice.display()))?;
        let ready: Ready = wait_for(&ready_file).await?;
        let server = Self {
            redis: process::child_of(edge.id())?,
            edge,
            home,
            authority: ready.url.trim_start_matches("http://").to_owned(),
        };
        server.announce(&ready).await?;
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

    async fn announce(&self, ready: &Ready) -> Result<()> {
        let http = reqwest::Client::new();
        let operator = format!("{}/api/v1/operator", ready.url);
        let login = serde_json::json!({ "password": ready.operator_password });
        let login = http.post(format!("{operator}/login")).json(&login).send();
        let login: serde_json::Value = login.await?.error_for_status()?.json().await?;
        let sale = NewSale {
            sale: SaleId::parse(SALE)?,
            title: "The sale that is measured".to_owned(),
            description: String::new(),
            price: Money {
                minor: 12_900,
                currency: Currency::parse("EUR")?,
            },
            units: 1000,
            lobby_at: None,
            // Later than the run takes: it stays in its lobby.
            opens_at: herd::clock::unix_ms() + 3_600_000,
            rate: None,
        };
        let announce = http.post(format!("{operator}/sales")).json(&sale);
        let token = login["token"].as_str().unwrap_or_default();
        announce
            .bearer_auth(token)
            .send()
            .await?
            .error_for_status()?;
        let status = format!("{}/api/v1/sales/{SALE}/status", ready.url);
        loop {
            let seen = http.get(&status).send().await?.text().await?;
            if seen.contains("\"lobby\"") {
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
