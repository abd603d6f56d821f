//! The payment simulator, inside this process, on loopback.

use anyhow::Context as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The simulator's keys hold no value: it only listens on loopback and knows no real money.
pub(crate) const SECRET_KEY: &str = "sk_test_sluice";
pub(crate) const PUBLISHABLE_KEY: &str = "pk_test_sluice";

/// Holds the address of the simulator that was started last.
const ADDRESS: &str = "psp.address";

/// Where the simulator of this data directory listens, if one was ever started.
pub(crate) fn url(data: &Path) -> Option<String> {
    std::fs::read_to_string(data.join(ADDRESS)).ok()
}

/// The running simulator.
pub(crate) struct EmbeddedSimulator {
    url: String,
    address: PathBuf,
    stop: CancellationToken,
    task: JoinHandle<Result<(), psp::Error>>,
}

impl EmbeddedSimulator {
    /// Starts it on `listen`, or on a free port of the same address when that one is taken; its bank
    /// remembers in `data/psp.jsonl`, its webhooks go to `shop`.
    pub(crate) async fn start(
        listen: SocketAddr,
        data: &Path,
        shop: SocketAddr,
        webhook_secret: String,
    ) -> anyhow::Result<Self> {
        let listener = match TcpListener::bind(listen).await {
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                tracing::info!(%listen, "taken; the payment simulator uses a free port");
                TcpListener::bind((listen.ip(), 0)).await
            }
            bound => bound,
        }
        .context("the payment simulator cannot listen")?;
        let url = format!("http://{}", listener.local_addr()?);
        let settings = psp::Settings {
            secret_key: SECRET_KEY.to_owned(),
            publishable_key: PUBLISHABLE_KEY.to_owned(),
            webhook_secret,
            webhook_url: Some(format!("http://{shop}/webhooks/stripe")),
            data: Some(data.join("psp.jsonl")),
            ..psp::Settings::default()
        };
        // Commands of the same data directory find it here.
        let address = data.join(ADDRESS);
        std::fs::write(&address, &url)?;
        let stop = CancellationToken::new();
        let task = tokio::spawn(psp::serve(listener, settings, stop.clone()));
        Ok(Self {
            url,
            address,
            stop,
            task,
        })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Stops it and takes its address away.
    pub(crate) async fn stop(self) {
        drop(std::fs::remove_file(&self.address));
        self.stop.cancel();
        if let Ok(Err(error)) = self.task.await {
            tracing::warn!(%error, "the payment simulator did not end well");
        }
    }
}
