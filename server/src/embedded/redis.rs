//! A `redis-server` of our own: a supervised child on a Unix socket, every write durable before it is answered.

use anyhow::{Context as _, bail};
use engine::redis::Store;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Until Redis has read its file and answers.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// The child and the task that starts it again when it dies.
pub(crate) struct EmbeddedRedis {
    url: String,
    stop: CancellationToken,
    supervisor: JoinHandle<()>,
}

impl EmbeddedRedis {
    /// Starts it on `data/redis.sock` with its files under `data/redis`, and waits until it answers.
    pub(crate) async fn start(data: &Path) -> anyhow::Result<Self> {
        let directory = data.join("redis");
        std::fs::create_dir_all(&directory)
            .with_context(|| format!("{} cannot be made", directory.display()))?;
        let socket = std::path::absolute(data.join("redis.sock"))?;
        let url = url(data)?;
        // One that outlived a killed edge still holds the files.
        if let Ok(store) = Store::connect(&url).await {
            store.shut_down().await;
        }
        let child = spawn(&directory, &socket)?;
        let stop = CancellationToken::new();
        let supervisor = tokio::spawn(supervise(child, directory, socket, stop.clone()));
        let redis = Self {
            url,
            stop,
            supervisor,
        };
        redis.wait_until_ready().await?;
        Ok(redis)
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    async fn wait_until_ready(&self) -> anyhow::Result<()> {
        let ready = async {
            while Store::connect(&self.url).await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        if tokio::time::timeout(READY_WITHIN, ready).await.is_err() {
            bail!(
                "the embedded redis-server did not answer within {READY_WITHIN:?}; its words are in data/redis/redis.log"
            );
        }
        Ok(())
    }

    /// Asks it to stop and waits until it has.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        if let Ok(store) = Store::connect(&self.url).await {
            store.shut_down().await;
        }
        drop(self.supervisor.await);
    }
}

/// Where the embedded Redis of this data directory listens.
pub(crate) fn url(data: &Path) -> anyhow::Result<String> {
    let socket = std::path::absolute(data.join("redis.sock"))?;
    if socket.as_os_str().len() > 100 {
        bail!(
            "{} is too long for a Unix socket; choose a shorter --data",
            socket.display()
        );
    }
    Ok(format!("redis+unix://{}", socket.display()))
}

fn spawn(directory: &Path, socket: &Path) -> anyhow::Result<Child> {
    Command::new("redis-server")
        .args(["--port", "0", "--unixsocketperm", "700", "--appendonly", "yes"])
        .args(["--appendfsync", "always", "--save", "", "--daemonize", "no"])
        .arg("--unixsocket")
        .arg(socket)
        .arg("--dir")
        .arg(std::path::absolute(directory)?)
        .args(["--logfile", "redis.log"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Ctrl-C reaches us first; we stop it when nobody needs it any more.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .context("redis-server cannot be started; `make install` installs it, or set REDIS_URL")
}

async fn supervise(mut child: Child, directory: PathBuf, socket: PathBuf, stop: CancellationToken) {
    loop {
        let ended = child.wait().await;
        if stop.is_cancelled() {
            return;
        }
        tracing::error!(
            ?ended,
            "the embedded redis-server ended; it is started again"
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
        match spawn(&directory, &socket) {
            Ok(again) => child = again,
            Err(error) => {
                tracing::error!(%error, "the embedded redis-server cannot be started again");
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
        }
    }
}
