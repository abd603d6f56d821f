//! What the cases share: one simulator, one Redis that nobody asks anything, and a migrated ledger to copy.

use super::faulty::{Faulty, Weather};
use crate::ledger::{Ledger, LedgerUrl};
use crate::pay::Stripe;
use crate::redis::Store;
use crate::room::PassKeys;
use crate::{
    Engine, GateSettings, Parts, PaymentSettings, RoomSettings, Settings, StockSettings, World,
};
use protocol::codec::Keyring;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub(super) const SECRET: &str = "sk_test_sluice";
pub(super) const WEBHOOK_SECRET: &str = "whsec";
/// The clock of the shop goes so much faster than ours: waits between retries are long.
const FASTER: u64 = 20;

/// What was done so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bank {
    pub(super) calls: u64,
    pub(super) faults: u64,
    pub(super) crashes: u64,
}

pub(super) struct Town {
    pub(super) psp_url: String,
    pub(super) client: Arc<Stripe>,
    pub(super) http: reqwest::Client,
    /// Payment methods at the simulator: good, declined, wants approval, refuses the capture.
    pub(super) cards: [String; 4],
    store: Store,
    directory: TempDir,
    began: Instant,
    epoch_ms: u64,
    totals: [AtomicU64; 3],
    next: AtomicU64,
    redis: Child,
    stop: CancellationToken,
}

impl Drop for Town {
    fn drop(&mut self) {
        self.stop.cancel();
        drop(self.redis.stdin.take());
        drop(self.redis.wait());
    }
}

impl Town {
    pub(super) async fn open() -> Self {
        // A thousand ledgers that flush: in memory where there is such a place.
        let memory = Path::new("/dev/shm");
        let directory = match memory.is_dir() {
            true => tempfile::tempdir_in(memory),
            false => tempfile::tempdir(),
        };
        let directory = directory.unwrap();
        let stop = CancellationToken::new();
        let psp_url = simulator(stop.clone());
        // It ends with its input, and so with this process, whatever that dies of.
        let redis = Command::new("sh")
            .args([
                "-c",
                "redis-server --port 0 --save '' --unixsocket redis.sock & read _; kill $!",
            ])
            .current_dir(directory.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let socket = format!(
            "redis+unix://{}",
            directory.path().join("redis.sock").display()
        );
        let store = loop {
            match Store::connect(&socket).await {
                Ok(store) => break store,
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        };
        drop(
            Ledger::open(&url_of(&directory.path().join("template")))
                .await
                .unwrap(),
        );
        let http = reqwest::Client::new();
        let mut cards = Vec::new();
        for number in [
            "4242424242424242",
            "4000000000009995",
            "4000002760003184",
            "4000000000005126",
        ] {
            cards.push(card(&http, &psp_url, number).await);
        }
        Self {
            client: client(&psp_url),
            psp_url,
            http,
            cards: cards.try_into().unwrap(),
            store,
            directory,
            began: Instant::now(),
            // A day behind, so that however fast the clock goes the simulator's is ahead of it.
            epoch_ms: unix_ms() - 86_400_000,
            totals: Default::default(),
            next: AtomicU64::new(0),
            redis,
            stop,
        }
    }

    pub(super) fn count(&self, weather: &Weather) {
        let counts = [&weather.calls, &weather.faults, &weather.crashes];
        for (total, count) in self.totals.iter().zip(counts) {
            total.fetch_add(count.load(Relaxed), Relaxed);
        }
    }

    pub(super) fn counts(&self) -> Bank {
        let [calls, faults, crashes] = [0, 1, 2].map(|i: usize| self.totals[i].load(Relaxed));
        Bank {
            calls,
            faults,
            crashes,
        }
    }

    /// A ledger of one case: its file.
    pub(super) fn ledger(&self) -> LedgerUrl {
        let number = self.next.fetch_add(1, Relaxed);
        let file = self.directory.path().join(format!("case-{number}"));
        std::fs::copy(self.directory.path().join("template"), &file).unwrap();
        url_of(&file)
    }

    pub(super) fn now(&self) -> u64 {
        self.epoch_ms + self.began.elapsed().as_millis() as u64 * FASTER
    }

    /// The parts of one process on this ledger.
    pub(super) async fn parts(
        self: &Arc<Self>,
        ledger: &LedgerUrl,
        weather: &Arc<Weather>,
    ) -> Parts {
        let keys = Keyring::new((1, [7; 32]));
        let town = Arc::clone(self);
        Parts {
            settings: settings(),
            world: World::new(move || town.now(), |bytes| rand::fill(bytes)),
            passes: PassKeys::of(&keys).unwrap(),
            keys,
            store: self.store.clone(),
            ledger: opened(ledger).await,
            gateway: Arc::new(Faulty {
                // Its connections die with the runtime of the process.
                inner: client(&self.psp_url),
                weather: Arc::clone(weather),
            }),
            webhook_secret: WEBHOOK_SECRET.into(),
        }
    }

    /// A worker on a thread and a runtime of its own, which die together, in the middle of whatever they do, when
    /// the weather says so; then the next one comes. Ends when `stop` is cancelled.
    pub(super) fn worker(
        self: &Arc<Self>,
        ledger: LedgerUrl,
        weather: Arc<Weather>,
        stop: CancellationToken,
    ) -> std::thread::JoinHandle<()> {
        let town = Arc::clone(self);
        std::thread::spawn(move || {
            while !stop.is_cancelled() {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                runtime.block_on(async {
                    let life = async {
                        let parts = town.parts(&ledger, &weather).await;
                        Engine::work(parts, CancellationToken::new()).await;
                    };
                    tokio::select! {
                        () = life => {}
                        () = weather.crash.notified() => {}
                        () = stop.cancelled() => {}
                    }
                });
                // Whatever it was doing is over at its next await.
                runtime.shutdown_background();
            }
        })
    }
}

/// On a machine that is busy with many cases SQLite may keep a process waiting for longer than it waits.
async fn opened(url: &LedgerUrl) -> Ledger {
    loop {
        match Ledger::open(url).await {
            Ok(ledger) => return ledger,
            Err(error) => tracing::warn!(%error, "the ledger is opened again"),
        }
    }
}

fn client(psp_url: &str) -> Arc<Stripe> {
    Arc::new(Stripe::new(psp_url, SECRET.into(), Duration::from_secs(20)).unwrap())
}

fn url_of(file: &Path) -> LedgerUrl {
    LedgerUrl::parse(&format!("sqlite:{}", PathBuf::from(file).display())).unwrap()
}

/// On a runtime of its own: no case can slow it down by dying.
fn simulator(stop: CancellationToken) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            psp::serve(listener, psp::Settings::default(), stop)
                .await
                .unwrap();
        });
    });
    url
}

async fn card(http: &reqwest::Client, psp_url: &str, number: &str) -> String {
    let form = [
        ("type", "card"),
        ("card[number]", number),
        ("card[exp_month]", "12"),
        ("card[exp_year]", "2040"),
        ("card[cvc]", "123"),
    ];
    let saving = http
        .post(format!("{psp_url}/v1/payment_methods"))
        .bearer_auth(SECRET)
        .form(&form);
    let saved: serde_json::Value = saving.send().await.unwrap().json().await.unwrap();
    saved["id"]
        .as_str()
        .unwrap_or_else(|| panic!("{saved}"))
        .to_owned()
}

#[expect(clippy::disallowed_methods, reason = "the test's one clock")]
fn unix_ms() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_millis() as u64
}

fn settings() -> Settings {
    Settings {
        gate: GateSettings {
            rounds: 1,
            difficulty: 0,
            challenge_ttl_ms: 1000,
        },
        room: RoomSettings {
            rate: 1,
            fold_in_ms: 0,
            batch_max: 1,
            batch_wait_ms: 1,
            queue_max: 1,
            tick_ms: 1000,
            active_max: 1,
            claim_ms: 1,
            slow_ledger_ms: 1000,
            slow_payment_ms: 1000,
            pass_ttl_ms: 1000,
            beacon_url: String::new(),
            beacon_genesis_s: 0,
            beacon_period_s: 1,
        },
        stock: StockSettings { lease_ms: 1000 },
        payment: PaymentSettings {
            worker: true,
            // The bucket bounds nothing here; it has tests of its own.
            calls_per_s: 100_000,
            concurrency: 16,
            wait_ms: 1000,
            timeout_ms: 20_000,
            // Of the fast clock: a life ends within it now and then, and its duties are taken over.
            lease_ms: 60_000,
            look_ms: 10,
            sweep_ms: u64::from(u32::MAX),
            hold_ms: 500_000_000,
            horizon: 3,
            hold_fee_minor: 0,
        },
    }
}
