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
/// Until it is asked again.
const ASKED_EVERY: Duration = Duration::from_millis(20);
/// One that has not stopped by then is killed: every write is on the disk before it is answered.
const STOPS_WITHIN: Duration = Duration::from_secs(10);

/// The task that starts the child again when it dies, and stops it in the end.
pub(crate) struct EmbeddedRedis {
    url: String,
    stop: CancellationToken,
    supervisor: JoinHandle<()>,
}

/// Where it keeps its files, and where it listens.
struct Home {
    directory: PathBuf,
    socket: PathBuf,
    url: String,
}

impl EmbeddedRedis {
    /// Starts it on `data/redis.sock` with its files under `data/redis`, and waits until it answers.
    pub(crate) async fn start(data: &Path) -> anyhow::Result<Self> {
        let home = Home {
            directory: data.join("redis"),
            socket: std::path::absolute(data.join("redis.sock"))?,
            url: url(data)?,
        };
        std::fs::create_dir_all(&home.directory)
            .with_context(|| format!("{} cannot be made", home.directory.display()))?;
        let url = home.url.clone();
        // One that outlived a killed edge still holds the files.
        if let Ok(store) = Store::connect(&url).await {
            store.shut_down().await;
        }
        let child = home.spawn()?;
        let stop = CancellationToken::new();
        let supervisor = tokio::spawn(home.supervise(child, stop.clone()));
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
                tokio::time::sleep(ASKED_EVERY).await;
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

impl Home {
    fn spawn(&self) -> anyhow::Result<Child> {
        Command::new("redis-server")
            .args(["--port", "0", "--unixsocketperm", "700", "--appendonly", "yes"])
            .args(["--appendfsync", "always", "--save", "", "--daemonize", "no"])
            .arg("--unixsocket")
            .arg(&self.socket)
            .arg("--dir")
            .arg(std::path::absolute(&self.directory)?)
            .args(["--logfile", "redis.log"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C reaches us first; we stop it when nobody needs it any more.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .context(
                "redis-server cannot be started; `make install` installs it, or set REDIS_URL",
            )
    }

    async fn supervise(self, mut child: Child, stop: CancellationToken) {
        loop {
            let ended = tokio::select! {
                ended = child.wait() => ended,
                () = stop.cancelled() => return self.end(child).await,
            };
            tracing::error!(
                ?ended,
                "the embedded redis-server ended; it is started again"
            );
            let mut pause = Duration::from_millis(200);
            child = loop {
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = stop.cancelled() => return,
                }
                match self.spawn() {
                    Ok(again) => break again,
                    Err(error) => {
                        tracing::error!(%error, "the embedded redis-server cannot be started again");
                        pause = Duration::from_secs(2);
                    }
                }
            };
        }
    }

    /// Asks it to stop, as soon as it answers, and waits until it has.
    async fn end(&self, mut child: Child) {
        let ended = async {
            tokio::select! {
                ended = child.wait() => drop(ended),
                () = self.ask_to_end() => drop(child.wait().await),
            }
        };
        if tokio::time::timeout(STOPS_WITHIN, ended).await.is_err() {
            drop(child.kill().await);
        }
    }

    async fn ask_to_end(&self) {
        loop {
            match Store::connect(&self.url).await {
                Ok(store) => return store.shut_down().await,
                Err(_) => tokio::time::sleep(ASKED_EVERY).await,
            }
        }
    }
}
