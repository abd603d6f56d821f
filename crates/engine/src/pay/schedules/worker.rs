//! Workers that die in the middle of whatever they do, and the next ones, that come after them.

use super::town::Town;
use super::weather::Weather;
use crate::Engine;
use crate::ledger::LedgerUrl;
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// The workers of a case.
pub(super) struct Workers {
    threads: Vec<JoinHandle<()>>,
    stop: CancellationToken,
}

impl Workers {
    pub(super) fn begin(
        town: &Arc<Town>,
        workers: u64,
        ledger: &LedgerUrl,
        weather: &Arc<Weather>,
    ) -> Self {
        let stop = CancellationToken::new();
        let one = |_| {
            let (town, stop) = (Arc::clone(town), stop.clone());
            let (ledger, weather) = (ledger.clone(), Arc::clone(weather));
            std::thread::spawn(move || {
                while !stop.is_cancelled() {
                    live(&town, &ledger, &weather, &stop);
                }
            })
        };
        Self {
            threads: (0..workers).map(one).collect(),
            stop,
        }
    }

    pub(super) async fn end(self) {
        self.stop.cancel();
        for thread in self.threads {
            tokio::task::spawn_blocking(move || thread.join().unwrap())
                .await
                .unwrap();
        }
    }
}

/// One life, on a runtime of its own that dies with it: when a call of its own says so, or `stop` is cancelled.
fn live(town: &Arc<Town>, ledger: &LedgerUrl, weather: &Arc<Weather>, stop: &CancellationToken) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let crash = Arc::new(Notify::new());
        let life = async {
            let parts = town.parts(ledger, weather, Arc::clone(&crash)).await;
            Engine::work(parts, CancellationToken::new()).await;
        };
        tokio::select! {
            () = life => {}
            () = crash.notified() => {}
            () = stop.cancelled() => {}
        }
    });
    // Whatever it was doing is over at its next await.
    runtime.shutdown_background();
}
