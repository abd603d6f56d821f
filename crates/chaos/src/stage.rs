//! The stage of one cell: a shop in a fresh directory, every part a process of its own.

use crate::ports::free_ports;
use crate::service::Service;
use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use tokio::process::Command;

const SECRET: &str = "5e1f5e1f5e1f5e1f5e1f5e1f5e1f5e1f5e1f5e1f5e1f5e1f5e1f5e1f5e1f5e1f";
/// Lets the operator of the stage in.
pub(crate) const PASSWORD: &str = "let the operator in";
const WEBHOOK_SECRET: &str = "whsec_chaos";
/// Until every process answers.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// All processes of a shop, and where they are.
#[derive(Debug)]
pub(crate) struct Stage {
    /// Redis, the one that is asked first.
    pub(crate) redis: Service,
    /// Its replica, where one is needed.
    pub(crate) replica: Option<Service>,
    /// The provider.
    pub(crate) simulator: Service,
    /// The payment worker.
    pub(crate) worker: Service,
    /// Two edges.
    pub(crate) edges: [Service; 2],
    /// Where shoppers find the edges.
    pub(crate) urls: [String; 2],
    /// Admin ports: of the edges, then of the worker.
    pub(crate) admins: [String; 3],
    /// Where the provider is.
    pub(crate) psp_url: String,
    /// The ledger's file.
    pub(crate) ledger: PathBuf,
    http: reqwest::Client,
    sluice: PathBuf,
    environment: Vec<(String, String)>,
    directory: TempDir,
}

impl Stage {
    /// Starts everything and waits until it answers.
    pub(crate) async fn set(sluice: &Path, with_replica: bool) -> Result<Self> {
        let directory = tempfile::Builder::new().prefix("chaos").tempdir()?;
        let path = directory.path();
        let [psp, edge_0, edge_1, admin_0, admin_1, admin_2, port] = free_ports()?;
        let urls = [edge_0, edge_1].map(local);
        let admins = [admin_0, admin_1, admin_2].map(local);
        let psp_url = local(psp);
        let redis = redis(path, "r1", port);
        std::os::unix::fs::symlink(path.join("r1.sock"), path.join("redis.sock"))?;
        let replica = with_replica.then(|| {
            redis_args(path, "r2", 0).args([
                "--replicaof".to_owned(),
                "127.0.0.1".to_owned(),
                port.to_string(),
            ])
        });
        let simulator = Service::new("psp", sluice, path)
            .args([
                "psp".to_owned(),
                "--listen".to_owned(),
                format!("127.0.0.1:{psp}"),
            ])
            .args(["--data".to_owned(), text(&path.join("psp.jsonl"))])
            .args([
                "--webhook-url".to_owned(),
                format!("{}/webhooks/stripe", urls[1]),
            ])
            .args(["--webhook-secret", WEBHOOK_SECRET]);
        let ledger = path.join("ledger.sqlite");
        let environment = environment(path, &ledger, &psp_url);
        let process = |name: &str, data: &str, admin: u16| {
            Service::new(name, sluice, path)
                .envs(environment.clone())
                .envs([
                    variable("SLUICE_SERVER__ADMIN_LISTEN", format!("127.0.0.1:{admin}")),
                    variable("SLUICE_SERVER__DATA", text(&path.join(data))),
                ])
        };
        let edge = |n: usize, port: u16, admin: u16| {
            process(&format!("edge{n}"), &format!("e{n}"), admin)
                .envs([variable("SLUICE_PAYMENT__WORKER", "false".to_owned())])
                .args([
                    "serve".to_owned(),
                    "--listen".to_owned(),
                    format!("127.0.0.1:{port}"),
                ])
        };
        let mut stage = Self {
            redis,
            replica,
            simulator,
            worker: process("worker", "w", admin_2).args(["worker"]),
            edges: [edge(0, edge_0, admin_0), edge(1, edge_1, admin_1)],
            urls,
            admins,
            psp_url,
            ledger,
            http: reqwest::Client::builder()
                .timeout(Duration::from_secs(3))
                .build()?,
            sluice: sluice.to_owned(),
            environment,
            directory,
        };
        stage.start().await?;
        Ok(stage)
    }

    async fn start(&mut self) -> Result<()> {
        self.redis.start()?;
        self.until_redis_answers("r1").await?;
        if let Some(replica) = &mut self.replica {
            replica.start()?;
            self.until_redis_answers("r2").await?;
            self.until("the replica follows", async |stage| {
                stage
                    .redis_says("r2", &["ROLE"])
                    .await
                    .is_ok_and(|role| role.contains("connected"))
            })
            .await?;
        }
        self.simulator.start()?;
        // One after the other: the first lays the ledger's tables.
        self.edges[0].start()?;
        self.until_ready(0).await?;
        self.edges[1].start()?;
        self.worker.start()?;
        for who in [1, 2] {
            self.until_ready(who).await?;
        }
        Ok(())
    }

    /// Waits until this edge, or the worker (2), answers and sees both stores.
    pub(crate) async fn until_ready(&self, who: usize) -> Result<()> {
        let url = format!("{}/ready", self.admins[who]);
        self.until(&format!("{url} is ready"), async |stage| {
            let answer = stage.http.get(&url).send().await;
            answer.is_ok_and(|answer| answer.status().is_success())
        })
        .await
    }

    async fn until_redis_answers(&self, which: &str) -> Result<()> {
        self.until("redis answers", async |stage| {
            let pong = stage.redis_says(which, &["PING"]).await;
            pong.is_ok_and(|pong| pong.contains("PONG"))
        })
        .await
    }

    async fn until(&self, what: &str, condition: impl AsyncFn(&Self) -> bool) -> Result<()> {
        crate::until(READY_WITHIN, what, async || {
            condition(self).await.then_some(())
        })
        .await
    }

    /// Sends one command to one of the two.
    pub(crate) async fn redis_says(&self, which: &str, command: &[&str]) -> Result<String> {
        let output = Command::new("redis-cli")
            .arg("-s")
            .arg(self.directory.path().join(format!("{which}.sock")))
            .args(command)
            .output()
            .await?;
        ensure!(output.status.success(), "redis-cli failed");
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Arms a moment, or disarms it, in every process that lives.
    pub(crate) async fn arm(&self, moment: &str, armed: bool) {
        for admin in &self.admins {
            let url = format!("{admin}/moments/{moment}");
            let request = match armed {
                true => self.http.put(url),
                false => self.http.delete(url),
            };
            // One that is dead or stopped has nothing armed when it comes back, or hears it again.
            drop(request.timeout(Duration::from_millis(500)).send().await);
        }
    }

    /// How many acts are held at a moment in this process.
    pub(crate) async fn held(&self, who: usize, moment: &str) -> u64 {
        let held = async {
            let answer = self.http.get(format!("{}/moments", self.admins[who]));
            let held: Value = answer.send().await.ok()?.json().await.ok()?;
            held[moment].as_u64()
        };
        held.await.unwrap_or(0)
    }

    /// Keeps a copy of what Redis has on disk, for a restart from an old file.
    pub(crate) async fn keep_old_file(&self) -> Result<()> {
        let path = self.directory.path();
        copy(&path.join("r1"), &path.join("old")).await
    }

    /// Cuts the replica off: it keeps what it has and hears nothing more.
    pub(crate) async fn cut_replica_off(&self) -> Result<()> {
        self.redis_says("r2", &["REPLICAOF", "127.0.0.1", "1"])
            .await?;
        Ok(())
    }

    /// kill -9 of Redis, and nothing left.
    pub(crate) async fn redis_comes_back_empty(&mut self) -> Result<()> {
        self.redis.kill().await?;
        tokio::fs::remove_dir_all(self.directory.path().join("r1")).await?;
        tokio::fs::create_dir(self.directory.path().join("r1")).await?;
        self.redis.restart().await
    }

    /// kill -9 of Redis, and the old file in its place.
    pub(crate) async fn redis_comes_back_old(&mut self) -> Result<()> {
        self.redis.kill().await?;
        let path = self.directory.path();
        tokio::fs::remove_dir_all(path.join("r1")).await?;
        copy(&path.join("old"), &path.join("r1")).await?;
        self.redis.restart().await
    }

    /// kill -9 of Redis; the replica becomes what the edges find.
    pub(crate) async fn promote_replica(&mut self) -> Result<()> {
        self.redis.kill().await?;
        self.redis_says("r2", &["REPLICAOF", "NO", "ONE"]).await?;
        let path = self.directory.path();
        std::os::unix::fs::symlink(path.join("r2.sock"), path.join("new.sock"))?;
        std::fs::rename(path.join("new.sock"), path.join("redis.sock"))?;
        Ok(())
    }

    /// Another process locks the ledger for so long.
    pub(crate) async fn lock_ledger(&self, length: Duration) -> Result<()> {
        let script = "import sqlite3,sys,time
db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
db.execute('BEGIN EXCLUSIVE')
time.sleep(float(sys.argv[2]))";
        let locked = Command::new("python3")
            .args(["-c", script])
            .arg(&self.ledger)
            .arg(length.as_secs_f32().to_string())
            .status()
            .await
            .context("python3 is needed")?;
        ensure!(locked.success(), "the ledger could not be locked");
        Ok(())
    }

    /// What `sluice audit --json` says of a sale.
    pub(crate) async fn audit(&self, sale: &str) -> Result<Value> {
        let output = Command::new(&self.sluice)
            .args(["audit", sale, "--json"])
            .envs(self.environment.iter().cloned())
            .env("SLUICE_SERVER__DATA", self.directory.path().join("audit"))
            .output()
            .await?;
        serde_json::from_slice(&output.stdout)
            .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// What the bank says of a sale.
    pub(crate) async fn bank(&self, sale: &str) -> Result<Value> {
        let url = format!("{}/oracle/summary?sale={sale}", self.psp_url);
        let answer = self.http.get(url).bearer_auth("sk_test_sluice");
        Ok(answer.send().await?.error_for_status()?.json().await?)
    }

    /// A process that ended by itself.
    pub(crate) fn ended(&mut self) -> Option<String> {
        let mut all = vec![&mut self.redis, &mut self.simulator, &mut self.worker];
        all.extend(self.edges.iter_mut());
        all.into_iter()
            .find_map(|service| service.has_ended().then(|| service.name().to_owned()))
    }

    /// Keeps the directory, for whoever looks for the reason.
    pub(crate) fn keep(self) -> PathBuf {
        self.directory.keep()
    }
}

fn environment(path: &Path, ledger: &Path, psp_url: &str) -> Vec<(String, String)> {
    [
        ("SLUICE_SERVER__SECRET", SECRET.to_owned()),
        ("SLUICE_SERVER__OPERATOR_PASSWORD", PASSWORD.to_owned()),
        (
            "REDIS_URL",
            format!("redis+unix://{}", text(&path.join("redis.sock"))),
        ),
        ("DATABASE_URL", format!("sqlite:{}", text(ledger))),
        ("PSP_URL", psp_url.to_owned()),
        ("STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET.to_owned()),
        ("SLUICE_GATE__DIFFICULTY", "2".to_owned()),
        ("SLUICE_ROOM__FOLD_IN_MS", "100".to_owned()),
        ("SLUICE_STOCK__LEASE_MS", "1500".to_owned()),
        ("SLUICE_PAYMENT__CALLS_PER_S", "500".to_owned()),
        ("SLUICE_PAYMENT__WAIT_MS", "1500".to_owned()),
        ("SLUICE_PAYMENT__TIMEOUT_MS", "1500".to_owned()),
        ("SLUICE_PAYMENT__LEASE_MS", "4000".to_owned()),
    ]
    .map(|(name, value)| variable(name, value))
    .into()
}

fn variable(name: &str, value: String) -> (String, String) {
    (name.to_owned(), value)
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

fn local(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

fn redis(path: &Path, name: &str, port: u16) -> Service {
    redis_args(path, name, port)
}

fn redis_args(path: &Path, name: &str, port: u16) -> Service {
    // A directory that cannot be made shows when Redis does not start.
    drop(std::fs::create_dir(path.join(name)));
    Service::new(name, "redis-server", path)
        .args(["--port".to_owned(), port.to_string()])
        .args(["--bind", "127.0.0.1", "--appendonly", "yes", "--save", ""])
        .args(["--appendfsync", "always", "--repl-diskless-sync-delay", "0"])
        .args([
            "--unixsocket".to_owned(),
            text(&path.join(format!("{name}.sock"))),
        ])
        .args(["--dir".to_owned(), text(&path.join(name))])
}

async fn copy(from: &Path, to: &Path) -> Result<()> {
    let copied = Command::new("cp")
        .arg("-rT")
        .arg(from)
        .arg(to)
        .status()
        .await?;
    ensure!(copied.success(), "{} could not be copied", from.display());
    Ok(())
}
