//! The reserve script against a bare DECR-if-positive: both by EVALSHA, over the same kind of connection
//! with as many calls under way, on the same Redis with `appendfsync always`. A hundred come for each
//! unit, as in a sale.

use crate::load::median;
use crate::report::Figures;
use crate::{Run, process};
use anyhow::{Context as _, Result, ensure};
use engine::ledger::{Drawn, SaleRow, Seen};
use engine::redis::{Admission, Store};
use futures::StreamExt as _;
use protocol::{Currency, Money, Rank, SaleId, TicketNumber};
use redis::aio::ConnectionManager;
use std::process::{Child, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// What there is to hold against: the counter and nothing else.
const BARE: &str = "
local free = tonumber(redis.call('GET', KEYS[1]) or '0')
if free <= 0 then return 0 end
redis.call('DECR', KEYS[1])
return free
";
/// Calls under way at once.
const UNDER_WAY: usize = 64;
/// Comers for each unit.
const COMERS: u64 = 100;
const EPOCH: u64 = 1;
const MINUTES_10: u64 = 600_000;

/// A Redis of our own on core 0.
struct Redis {
    child: Child,
    directory: TempDir,
}

/// Measures it.
pub(crate) async fn measure(run: &Run, figures: &mut Figures) -> Result<()> {
    if run.reserves == 0 {
        return Ok(());
    }
    let redis = Redis::start()?;
    let (store, bare) = redis.connect().await?;
    let mut ratios = Vec::new();
    for round in 0..=run.rounds {
        let sale = SaleId::parse(&format!("reserve-{round}"))?;
        lay(&store, &sale, run.reserves).await?;
        let ours = redis.cost(reserve_all(&store, &sale, run.reserves)).await?;
        let theirs = redis
            .cost(decrement_all(&bare, &sale, run.reserves))
            .await?;
        // The first round warms up.
        if round > 0 {
            eprintln!(
                "reserve: {ours:?} of Redis for {}, bare {theirs:?}",
                run.reserves
            );
            ratios.push(theirs.as_secs_f64() / ours.as_secs_f64());
        }
    }
    figures.set("reserve_vs_bare", median(ratios));
    Ok(())
}

/// A sale that is open, in which everybody has a pass.
async fn lay(store: &Store, sale: &SaleId, comers: u64) -> Result<()> {
    let row = SaleRow {
        sale: sale.clone(),
        title: String::new(),
        description: String::new(),
        price: Money {
            minor: 12_900,
            currency: Currency::parse("EUR")?,
        },
        units: u32::try_from(comers / COMERS)?,
        lobby_at: 0,
        opens_at: 0,
        fold_in_ms: 0,
        rate: 100_000,
        limit_per_buyer: 1,
        paused: None,
        draw_secret: [0; 32],
        beacon: None,
        policy: protocol::wire::HoldPolicy::OnEntry,
        draw: Some(Drawn {
            size: comers,
            transcript: String::new(),
            seed: "00".repeat(32),
            beacon: None,
        }),
        seen: Seen {
            tail: comers,
            frontier: comers,
            ..Seen::default()
        },
        epoch: EPOCH,
        ended_at: None,
    };
    store.rebuild(&row, &[]).await?;
    for number in 0..comers {
        let place = (TicketNumber(number), Rank(number));
        loop {
            match store
                .admit(sale, EPOCH, place, None, MINUTES_10, 2000)
                .await?
            {
                Admission::Granted { .. } => break,
                // The schedule is a moment behind so many calls.
                Admission::Early(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    }
    Ok(())
}

async fn reserve_all(store: &Store, sale: &SaleId, comers: u64) -> Result<u64> {
    let calls = futures::stream::iter(0..comers).map(|number| async move {
        let buyers: Vec<String> = ["browser", "email", "card"]
            .map(|kind| format!("{kind}{number:026x}"))
            .into();
        let order = format!("{number:032x}");
        let place = TicketNumber(number);
        match store
            .reserve(sale, EPOCH, place, &order, MINUTES_10, &buyers)
            .await
        {
            Ok(_) => Ok(1),
            Err(engine::Error::SoldOut) => Ok(0),
            Err(error) => Err(error),
        }
    });
    let sold: u64 = sum(calls.buffer_unordered(UNDER_WAY)).await?;
    ensure!(sold == comers / COMERS, "{sold} units were sold");
    Ok(sold)
}

async fn decrement_all(bare: &ConnectionManager, sale: &SaleId, comers: u64) -> Result<u64> {
    let (script, key) = (redis::Script::new(BARE), format!("{{{sale}}}:bare"));
    let units = comers / COMERS;
    redis::cmd("SET")
        .arg(&key)
        .arg(units)
        .exec_async(&mut bare.clone())
        .await?;
    let (script, key) = (&script, &key);
    let calls = futures::stream::iter(0..comers).map(|_| async move {
        let got: u64 = script.key(key).invoke_async(&mut bare.clone()).await?;
        redis::RedisResult::Ok(u64::from(got > 0))
    });
    let sold: u64 = sum(calls.buffer_unordered(UNDER_WAY)).await?;
    ensure!(sold == units, "{sold} units were sold by the bare script");
    Ok(sold)
}

async fn sum<E>(calls: impl futures::Stream<Item = Result<u64, E>>) -> Result<u64, E> {
    let calls = std::pin::pin!(calls);
    calls.fold(Ok(0), async |sum, call| Ok(sum? + call?)).await
}

impl Redis {
    fn start() -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let child = process::on_core(0, "redis-server".as_ref())
            .args(["--port", "0", "--unixsocket", "redis.sock", "--save", ""])
            .args(["--appendonly", "yes", "--appendfsync", "always"])
            .arg("--dir")
            .arg(directory.path())
            .current_dir(directory.path())
            .stdout(Stdio::null())
            .spawn()
            .context("redis-server does not start")?;
        Ok(Self { child, directory })
    }

    async fn connect(&self) -> Result<(Store, ConnectionManager)> {
        let socket = self.directory.path().join("redis.sock");
        while !socket.exists() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let url = format!("redis+unix://{}", socket.display());
        let store = Store::connect(&url).await?;
        let bare = redis::Client::open(url)?.get_connection_manager().await?;
        Ok((store, bare))
    }

    /// CPU time of Redis while something is done.
    async fn cost(&self, work: impl Future<Output = Result<u64>>) -> Result<Duration> {
        let before = process::cpu_time(self.child.id())?;
        work.await?;
        Ok(process::cpu_time(self.child.id())?.saturating_sub(before))
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
