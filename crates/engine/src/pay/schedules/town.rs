//! What the cases share: one simulator, one Redis that nobody asks anything, and a migrated ledger to copy.

use super::faulty::Faulty;
use super::insist::surely;
use super::provider::{card, simulator};
use super::settings::settings;
use super::verdict::Outcome;
use super::weather::Weather;
use crate::ledger::{Ledger, LedgerUrl};
use crate::pay::Stripe;
use crate::redis::Store;
use crate::room::PassKeys;
use crate::{Parts, World};
use protocol::codec::Keyring;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub(super) const SECRET: &str = "sk_test_sluice";
pub(super) const WEBHOOK_SECRET: &str = "whsec";
/// The clock of the shop goes so much faster than ours: waits between retries are long.
const FASTER: u64 = 20;

/// Good, declined, wants approval, refuses the capture.
const NUMBERS: [&str; 4] = [
    "4242424242424242",
    "4000000000009995",
    "4000002760003184",
    "4000000000005126",
];

/// What was done so far, so that somebody sees whether the schedules try anything.
const COUNTED: [&str; 6] = [
    "calls", "faults", "crashes", "captured", "voided", "declined",
];

pub(super) struct Town {
    pub(super) psp_url: String,
    pub(super) client: Arc<Stripe>,
    pub(super) http: reqwest::Client,
    cards: [String; NUMBERS.len()],
    store: Store,
    directory: TempDir,
    began: Instant,
    epoch_ms: u64,
    totals: [AtomicU64; COUNTED.len()],
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
        for number in NUMBERS {
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

    pub(super) fn count(&self, weather: &Weather, outcome: &Outcome) {
        let made = [&weather.calls, &weather.faults, &weather.crashes].map(|it| it.load(Relaxed));
        let ended = ["captured", "voided", "declined"].map(|status| {
            let payments = outcome.values().filter(|it| *it == status);
            payments.count() as u64
        });
        for (total, count) in self.totals.iter().zip(made.into_iter().chain(ended)) {
            total.fetch_add(count, Relaxed);
        }
    }

    /// Such as `7 calls, 2 faults, …`.
    pub(super) fn counts(&self) -> String {
        let counts = self.totals.iter().zip(COUNTED);
        let named = counts.map(|(total, name)| format!("{} {name}", total.load(Relaxed)));
        named.collect::<Vec<_>>().join(", ")
    }

    /// Presses a button of the bank's page.
    pub(super) async fn press_on(&self, page: &str, approved: bool) {
        let (path, query) = page.split_once('?').unwrap();
        let button = if approved { "approve" } else { "refuse" };
        let pressing = self.http.post(format!("{path}/{button}"));
        let form = "application/x-www-form-urlencoded";
        let pressing = pressing.header("content-type", form).body(query.to_owned());
        pressing.send().await.unwrap();
    }

    /// A payment method at the simulator, of this one of [`NUMBERS`]; a new one where it is to be kept for somebody.
    pub(super) async fn card(&self, which: usize, anew: bool) -> String {
        match anew {
            true => card(&self.http, &self.psp_url, NUMBERS[which]).await,
            false => self.cards[which].clone(),
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

    /// The parts of one process on this ledger; `crash` ends its life.
    pub(super) async fn parts(
        self: &Arc<Self>,
        ledger: &LedgerUrl,
        weather: &Arc<Weather>,
        crash: Arc<Notify>,
    ) -> Parts {
        let keys = Keyring::new((1, [7; 32]));
        let town = Arc::clone(self);
        Parts {
            settings: settings(),
            world: World::new(move || town.now(), |bytes| rand::fill(bytes)),
            passes: PassKeys::of(&keys).unwrap(),
            keys,
            store: self.store.clone(),
            ledger: surely(async || Ledger::open(ledger).await).await,
            gateway: Arc::new(Faulty {
                // Its connections die with the runtime of the process.
                inner: client(&self.psp_url),
                weather: Arc::clone(weather),
                crash,
            }),
            webhook_secret: WEBHOOK_SECRET.into(),
        }
    }
}

fn client(psp_url: &str) -> Arc<Stripe> {
    Arc::new(Stripe::new(psp_url, SECRET.into(), Duration::from_secs(20)).unwrap())
}

fn url_of(file: &Path) -> LedgerUrl {
    LedgerUrl::parse(&format!("sqlite:{}", PathBuf::from(file).display())).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "the test's one clock")]
fn unix_ms() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_millis() as u64
}
