//! Garbage beside people: 100,000 joins a second that are good for nothing, while honest ones come in and are timed.
//!
//! The flood is pipelined over many connections, so that sending it costs less than refusing it; both happen on the
//! same cores. It is sent on time or not at all: what the edge does not read stays in the way of the flood, not of
//! people. An honest join is timed from the moment at which it was due.

use crate::load::fire;
use crate::report::Figures;
use crate::server::{SALE, Server, Setup};
use crate::{Run, joins, process};
use anyhow::{Context as _, Result, ensure};
use herd::wire::{self, Wire};
use protocol::digest::from_hex;
use protocol::proof;
use protocol::wire::ChallengeAnswer;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::LocalSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

/// Bits of a round: garbage nonces fail, and the honest are solved before the flood begins.
const DIFFICULTY: u8 = 8;
/// Connections of the flood: each sends a whole number of requests at a time, eight of them at 100,000 a second.
const FLOODING: u64 = 250;
/// How often each of them sends its share.
const EVERY: Duration = Duration::from_millis(20);
/// Honest joins a second, and the connections that they come over in turn.
const HONEST_PER_S: u32 = 200;
const HONEST: usize = 128;
/// How long.
const LASTS: Duration = Duration::from_secs(10);
/// The flood has to be there before anything is timed.
const BEGINS: Duration = Duration::from_secs(1);

/// Measures it.
pub(crate) async fn measure(run: &Run, figures: &mut Figures) -> Result<()> {
    process::move_to_all()?;
    let mut server = Server::start(&Setup {
        on_one_core: false,
        settings: vec![("SLUICE_GATE__DIFFICULTY", DIFFICULTY.to_string())],
        ..Setup::usual()
    })
    .await?;
    let path = format!("/api/v1/sales/{SALE}/tickets");
    let count = HONEST_PER_S as usize * LASTS.as_secs() as usize;
    let mut solved = solved(&server, &path, count + 1).await?;
    let spent = solved.pop().context("one to be spent")?;
    fire(
        &server.authority,
        &Rc::new(vec![spent.clone()]),
        1,
        1,
        false,
    )
    .await?;
    let garbage = garbage(&server, &path, spent);

    let flood = Flood::begin(server.authority.clone(), &garbage, run.flood_per_s);
    tokio::time::sleep(BEGINS).await;
    let before = flood.answered.load(Relaxed);
    let began = Instant::now();
    let took = joins(&server.authority, solved).await?;
    let answered = (flood.answered.load(Relaxed) - before) as f64 / began.elapsed().as_secs_f64();
    flood.end()?;
    server.stop();

    figures.set("flood_answered_per_s", answered);
    figures.set("honest_join_p50_ms_under_flood", quantile(&took, 0.5));
    figures.set("honest_join_p99_ms_under_flood", quantile(&took, 0.99));
    Ok(())
}

/// Joins that are good, as requests.
async fn solved(server: &Server, path: &str, count: usize) -> Result<Vec<Vec<u8>>> {
    let solve = |given: &ChallengeAnswer| {
        let seed = from_hex(&given.seed).context("a seed is hexadecimal")?;
        Ok(proof::solve(&seed, given.rounds, given.difficulty))
    };
    joins::requests_with(server, path, count, solve).await
}

/// Ten requests: three that are no JSON, three with a challenge that nobody sealed, three with nonces that solve nothing,
/// and one that was used before, which only Redis knows.
fn garbage(server: &Server, path: &str, spent: Vec<u8>) -> Vec<Vec<u8>> {
    let request = |body: &[u8]| wire::post_json(&server.authority, path, body);
    let body = spent.windows(4).position(|four| four == b"\r\n\r\n");
    let body = String::from_utf8_lossy(&spent[body.map_or(0, |at| at + 4)..]).into_owned();
    let no_json = request(&vec![b'x'; body.len()]);
    let forged = request(
        body.replacen("\"challenge\":\"", "\"challenge\":\"AAAA", 1)
            .as_bytes(),
    );
    let nonces = body
        .find("\"nonces\":[")
        .map_or(0, |at| at + "\"nonces\":[".len());
    let end = body[nonces..].find(']').map_or(nonces, |at| nonces + at);
    let zeros = vec!["0"; body[nonces..end].split(',').count()].join(",");
    let useless = request([&body[..nonces], &zeros, &body[end..]].concat().as_bytes());
    [no_json, forged, useless]
        .into_iter()
        .flat_map(|one| vec![one; 3])
        .chain([spent])
        .collect()
}

/// A flood under way, on a thread of its own.
struct Flood {
    answered: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<()>>,
}

impl Flood {
    fn begin(authority: String, garbage: &[Vec<u8>], per_s: u64) -> Self {
        let (answered, stop) = (Arc::<AtomicU64>::default(), Arc::<AtomicBool>::default());
        let share = (per_s * EVERY.as_millis() as u64).div_ceil(1000 * FLOODING);
        // Each connection begins elsewhere, so that together they send as much of each kind.
        let chunks: Vec<Vec<u8>> = (0..FLOODING as usize)
            .map(|n| {
                let turn = garbage.iter().cycle().skip(n % garbage.len());
                turn.take(share as usize).flatten().copied().collect()
            })
            .collect();
        let (counts, stops) = (Arc::clone(&answered), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            let local = LocalSet::new();
            for chunk in chunks {
                let authority = authority.clone();
                let (counts, stops) = (Arc::clone(&counts), Arc::clone(&stops));
                local.spawn_local(async move {
                    while !stops.load(Relaxed) {
                        // A connection that was closed is opened again.
                        drop(pour(&authority, &chunk, &counts, &stops).await);
                    }
                });
            }
            runtime.block_on(local);
            Ok(())
        });
        Self {
            answered,
            stop,
            thread,
        }
    }

    fn end(self) -> Result<()> {
        self.stop.store(true, Relaxed);
        match self.thread.join() {
            Ok(ended) => ended,
            Err(_) => anyhow::bail!("the flood broke off"),
        }
    }
}

/// Sends the same chunk again and again over one connection, and counts what is answered.
async fn pour(
    authority: &str,
    chunk: &[u8],
    answered: &AtomicU64,
    stop: &AtomicBool,
) -> std::io::Result<()> {
    let stream = TcpStream::connect(authority).await?;
    stream.set_nodelay(true)?;
    let (mut reading, mut writing) = stream.into_split();
    let sends = async {
        let mut every = interval(EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Skip);
        while !stop.load(Relaxed) {
            every.tick().await;
            writing.write_all(chunk).await?;
        }
        std::io::Result::Ok(())
    };
    let reads = async {
        let mut heard = vec![0; 64 * 1024];
        loop {
            let length = reading.read(&mut heard).await?;
            if length == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            // A status line that falls into two reads is not counted.
            let lines = heard[..length]
                .windows(9)
                .filter(|word| word == b"HTTP/1.1 ");
            answered.fetch_add(lines.count() as u64, Relaxed);
        }
    };
    tokio::select! {
        ended = sends => ended,
        broken = reads => broken,
    }
}

/// Sends each when it is due, and tells how long each took from then on, ms.
async fn joins(authority: &str, requests: Vec<Vec<u8>>) -> Result<Vec<f64>> {
    let count = requests.len();
    let took = Rc::new(RefCell::new(Vec::with_capacity(count)));
    let mut lanes: Vec<Vec<(Instant, Vec<u8>)>> = vec![Vec::new(); HONEST];
    let begin = Instant::now();
    for (n, request) in requests.into_iter().enumerate() {
        let due = begin + Duration::from_secs(1) * n as u32 / HONEST_PER_S;
        lanes[n % HONEST].push((due, request));
    }
    let local = LocalSet::new();
    for lane in lanes {
        let mut wire = Wire::open(authority).await?;
        let took = Rc::clone(&took);
        local.spawn_local(async move {
            for (due, request) in lane {
                sleep_until(due).await;
                match wire.ask(&request).await {
                    Ok(reply) if reply.status == 201 => {
                        took.borrow_mut().push(due.elapsed().as_secs_f64() * 1000.0);
                    }
                    Ok(reply) => eprintln!("bench: an honest join got {}", reply.status),
                    Err(error) => return eprintln!("bench: {error}"),
                }
            }
        });
    }
    local.await;
    let took = took.take();
    ensure!(
        took.len() == count,
        "{} of {count} honest joins got a place",
        took.len()
    );
    Ok(took)
}

fn quantile(values: &[f64], part: f64) -> f64 {
    let mut values = values.to_vec();
    values.sort_unstable_by(f64::total_cmp);
    let at = (values.len() as f64 * part) as usize;
    values.get(at).copied().unwrap_or(f64::NAN)
}
