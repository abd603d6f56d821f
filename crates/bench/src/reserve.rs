//! The reserve script against a bare DECR-if-positive: both by EVALSHA, over the same kind of connection
//! with as many calls under way, on the same Redis with `appendfsync always`. A hundred come for each
//! unit, as in a sale.
//!
//! An attempt is what an edge does for one: the reserve script, and, once no unit is free, the short question that
//! comes before it.
//!
//! Twice: over many connections with one call on each, as calls arrive from shoppers who click one by one, and
//! over one connection that is full of calls. The first is the budget. The second leaves out what Redis pays for
//! any call, so it tells most about the scripts themselves; it has no budget.

use crate::load::median;
use crate::report::Figures;
use crate::{Run, process};
use anyhow::{Context as _, Result, ensure};
use engine::ledger::{Drawn, SaleRow, Seen};
use engine::redis::{Admission, Store};
use protocol::{Currency, Money, Rank, SaleId, TicketNumber};
use redis::aio::ConnectionManager;
use std::cell::Cell;
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
    for (key, connections) in [
        ("reserve_vs_bare", UNDER_WAY),
        ("reserve_vs_bare_pipelined", 1),
    ] {
        let (stores, bare) = redis.connect(connections).await?;
        let mut ratios = Vec::new();
        for round in 0..=run.rounds {
            let sale = SaleId::parse(&format!("reserve-{connections}-{round}"))?;
            lay(&stores[0], &sale, run.reserves).await?;
            let ours = redis
                .cost(reserve_all(&stores, &sale, run.reserves))
                .await?;
            let theirs = redis
                .cost(decrement_all(&bare, &sale, run.reserves))
                .await?;
            // The first round warms up.
            if round > 0 {
                eprintln!(
                    "{key}: {ours:?} of Redis for {}, bare {theirs:?}",
                    run.reserves
                );
                ratios.push(theirs.as_secs_f64() / ours.as_secs_f64());
            }
        }
        figures.set(key, median(ratios));
    }
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
    store.rebuild(&row, &[], 0).await?;
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

async fn reserve_all(stores: &[Store], sale: &SaleId, comers: u64) -> Result<u64> {
    let is_sold_out = Cell::new(false);
    let calls = lanes(stores, comers, async |store, number| {
        // As an edge does, which knows from its snapshot that no unit was free a moment ago.
        if is_sold_out.get() && store.nothing_left(sale, TicketNumber(number)).await? {
            return Ok(0);
        }
        let buyers: Vec<String> = ["browser", "email", "card"]
            .map(|kind| format!("{kind}{number:026x}"))
            .into();
        let order = format!("{number:032x}");
        let place = TicketNumber(number);
        let reserving = store.reserve(sale, EPOCH, place, &order, MINUTES_10, &buyers);
        match reserving.await {
            Ok(_) => Ok(1),
            Err(engine::Error::SoldOut) => {
                is_sold_out.set(true);
                Ok(0)
            }
            Err(error) => Err(error.into()),
        }
    });
    let sold = calls.await?;
    ensure!(sold == comers / COMERS, "{sold} units were sold");
    Ok(sold)
}

async fn decrement_all(
    connections: &[ConnectionManager],
    sale: &SaleId,
    comers: u64,
) -> Result<u64> {
    let (script, key) = (redis::Script::new(BARE), format!("{{{sale}}}:bare"));
    let units = comers / COMERS;
    redis::cmd("SET")
        .arg(&key)
        .arg(units)
        .exec_async(&mut connections[0].clone())
        .await?;
    let (script, key) = (&script, &key);
    let calls = lanes(connections, comers, async |bare, _| {
        let got: u64 = script.key(key).invoke_async(&mut bare.clone()).await?;
        Ok(u64::from(got > 0))
    });
    let sold = calls.await?;
    ensure!(sold == units, "{sold} units were sold by the bare script");
    Ok(sold)
}

/// As many calls under way as always, spread over the connections; the sum of what they got.
async fn lanes<'a, C>(
    connections: &'a [C],
    comers: u64,
    call: impl AsyncFn(&'a C, u64) -> Result<u64>,
) -> Result<u64> {
    let call = &call;
    let lanes = (0..UNDER_WAY).map(|lane| async move {
        let connection = &connections[lane % connections.len()];
        let mut got = 0;
        for number in (lane as u64..comers).step_by(UNDER_WAY) {
            got += call(connection, number).await?;
        }
        anyhow::Ok(got)
    });
    let got = futures::future::try_join_all(lanes).await?;
    Ok(got.iter().sum())
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

    async fn connect(&self, connections: usize) -> Result<(Vec<Store>, Vec<ConnectionManager>)> {
        let socket = self.directory.path().join("redis.sock");
        let url = format!("redis+unix://{}", socket.display());
        let client = redis::Client::open(url.as_str())?;
        while client.get_connection().is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let (mut stores, mut bare) = (Vec::new(), Vec::new());
        for _ in 0..connections {
            stores.push(Store::connect(&url).await?);
            bare.push(client.get_connection_manager().await?);
        }
        Ok((stores, bare))
    }

    /// CPU time of Redis while something is done.
    async fn cost(&self, work: impl Future<Output = Result<u64>>) -> Result<Duration> {
        let before = process::exact_cpu_time(self.child.id())?;
        work.await?;
        Ok(process::exact_cpu_time(self.child.id())?.saturating_sub(before))
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
