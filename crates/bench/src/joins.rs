//! Joins: against a bare echo of the same body, what they cost Redis and memory, and whether a long
//! line makes them dearer.

use crate::load::{cost, fire, median};
use crate::peer::{ECHO, Peer};
use crate::report::Figures;
use crate::server::{SALE, Server, Setup};
use crate::{Run, process};
use anyhow::Result;
use engine::redis::{BatchedJoin, Store};
use herd::wire;
use protocol::SaleId;
use protocol::digest::{tagged, to_hex};
use protocol::wire::{ChallengeAnswer, ChallengeRequest, JoinRequest};
use rand::RngExt as _;
use std::rc::Rc;

/// Enough that batches fill, as they do in a rush.
const CONNECTIONS: usize = 1024;
/// The sale with the long line.
const LONG: &str = "bench-long";
/// Tickets of the short line.
const SHORT: u64 = 10_000;
/// The first life of a sale's state.
const EPOCH: u64 = 1;
/// Joins of one call when the line is made long.
const BATCH: u64 = 256;

/// Measures them, the short line, the long one and the echo in turn.
pub(crate) async fn measure(run: &Run, server: &Server, figures: &mut Figures) -> Result<()> {
    let pids = [server.pid(), server.redis];
    let path = path_of(SALE);
    fire_all(server, &requests(server, &path, SHORT as usize).await?).await?;
    server.announce(LONG, &Setup::usual()).await?;
    lengthen(run, server).await?;

    let status = format!("/api/v1/sales/{SALE}/status");
    let polls = Rc::new(vec![wire::get(&server.authority, &status)]);
    let peer = Peer::start(&[]).await?;
    let (mut ratios, mut dearer, mut memory, mut scripts) = (vec![], vec![], 0, 0);
    for _ in 0..run.rounds {
        let ours = requests(server, &path, run.requests).await?;
        let long = requests(server, &path_of(LONG), run.requests).await?;
        let bare = Rc::new(ours.iter().map(|r| elsewhere(r, &path)).collect());
        eprintln!("join: {} challenges are solved", ours.len() + long.len());
        // So many connections take room too, with or without a place: they were just there before as well as after.
        fire(
            &server.authority,
            &polls,
            2 * CONNECTIONS,
            CONNECTIONS,
            false,
        )
        .await?;
        let before = process::redis(&server.socket())?;
        let resident = process::resident(server.pid())?;
        let count = ours.len();
        let a = cost(&pids, &server.authority, &ours, count, CONNECTIONS).await?;
        let after = process::redis(&server.socket())?;
        let edge = process::resident(server.pid())? as i64 - resident as i64;
        let redis = after.memory as i64 - before.memory as i64;
        memory += edge + redis;
        let each = count as i64;
        eprintln!(
            "join: a waiter takes {} B of the edge, {} B of Redis",
            edge / each,
            redis / each
        );
        scripts += after.scripts - before.scripts;
        let l = cost(&pids, &server.authority, &long, count, CONNECTIONS).await?;
        let b = cost(&[peer.pid()], &peer.authority, &bare, count, CONNECTIONS).await?;
        eprintln!(
            "join: {:?} of CPU, {:?} of it Redis; in a long line {:?}, {:?} of it Redis; echo {:?}",
            a.each, a.of[1], l.each, l.of[1], b.each
        );
        ratios.push(b.each.as_secs_f64() / a.each.as_secs_f64());
        dearer.push(l.each.as_secs_f64() / a.each.as_secs_f64());
    }
    drop(peer);
    let joined = f64::from(run.rounds) * run.requests as f64;
    figures.set("join_vs_echo", median(ratios));
    figures.set(
        "redis_commands_per_100k_joins",
        scripts as f64 / joined * 1e5,
    );
    figures.set("bytes_per_waiter", memory as f64 / joined);
    figures.set("cost_per_join_1m_vs_10k", median(dearer));
    Ok(())
}

fn path_of(sale: &str) -> String {
    format!("/api/v1/sales/{sale}/tickets")
}

async fn fire_all(server: &Server, requests: &Rc<Vec<Vec<u8>>>) -> Result<()> {
    let count = requests.len();
    fire(&server.authority, requests, count, CONNECTIONS, false).await?;
    Ok(())
}

/// Join requests with challenges of their own. The difficulty is 0, so any nonces will do: they are of
/// the length that solved ones have.
pub(crate) async fn requests(
    server: &Server,
    path: &str,
    count: usize,
) -> Result<Rc<Vec<Vec<u8>>>> {
    let mut rng = rand::rng();
    let any = |given: &ChallengeAnswer| {
        let nonces = (0..given.rounds).map(|_| rng.random_range(0..1 << 15));
        Ok(nonces.collect())
    };
    Ok(Rc::new(requests_with(server, path, count, any).await?))
}

/// The same with these nonces.
pub(crate) async fn requests_with(
    server: &Server,
    path: &str,
    count: usize,
    mut nonces: impl FnMut(&ChallengeAnswer) -> Result<Vec<u64>>,
) -> Result<Vec<Vec<u8>>> {
    let device = to_hex(&tagged("bench/device/v1", &[]));
    let ask = serde_json::to_vec(&ChallengeRequest {
        device: device.clone(),
        ..ChallengeRequest::default()
    })?;
    let challenge = path.replace("/tickets", "/challenge");
    let ask = Rc::new(vec![wire::post_json(&server.authority, &challenge, &ask)]);
    let challenges = fire(&server.authority, &ask, count, 64, true).await?;
    let mut joins = Vec::with_capacity(count);
    for reply in challenges {
        let challenge: ChallengeAnswer = serde_json::from_slice(&reply.body)?;
        let body = serde_json::to_vec(&JoinRequest {
            nonces: nonces(&challenge)?,
            challenge: challenge.challenge,
            device: device.clone(),
            key: None,
            captcha: None,
        })?;
        joins.push(wire::post_json(&server.authority, path, &body));
    }
    Ok(joins)
}

/// The same request, to the echo.
fn elsewhere(request: &[u8], path: &str) -> Vec<u8> {
    let head = "POST ".len();
    let rest = &request[head + path.len()..];
    [b"POST ", ECHO.as_bytes(), rest].concat()
}

/// Makes the second line long with joins that go to the script directly: the edge keeps nothing of a ticket,
/// so only what Redis holds can make a join dearer.
async fn lengthen(run: &Run, server: &Server) -> Result<()> {
    let url = format!("redis+unix://{}", server.socket().display());
    let store = Store::connect(&url).await?;
    let sale = SaleId::parse(LONG)?;
    let now = herd::clock::unix_ms();
    let mut number = 0;
    while number < run.tickets {
        let batch: Vec<BatchedJoin> = (number..run.tickets.min(number + BATCH))
            .map(|n| synthetic(n, now))
            .collect();
        store.join(&sale, EPOCH, &[0; 32], &batch, now).await?;
        number += BATCH;
    }
    Ok(())
}

fn synthetic(number: u64, now: u64) -> BatchedJoin {
    let leaf = tagged("bench/join/v1", &[&number.to_be_bytes()]);
    let half = |from: usize| {
        let mut id = [0; 16];
        id.copy_from_slice(&leaf[from..from + 16]);
        id
    };
    BatchedJoin {
        shopper: half(0),
        challenge: half(16),
        epoch: EPOCH,
        expires_at: now + 60_000,
        leaf,
    }
}
