//! Requests sent as fast as they are answered, over many connections at once: each exactly once, nothing again.

use crate::wire::{Reply, Wire};
use anyhow::{Context as _, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

/// Sends all of them to `host:port` over so many connections, which are open before the first request leaves.
/// The answers, in no order. Fails when a connection does.
pub async fn fire(
    authority: &str,
    requests: Vec<Vec<u8>>,
    connections: usize,
) -> Result<Vec<Reply>> {
    let requests = Arc::new(requests);
    let next = Arc::new(AtomicUsize::new(0));
    let connections = connections.min(requests.len());
    let ready = Arc::new(Barrier::new(connections));
    let mut wires = Vec::with_capacity(connections);
    for _ in 0..connections {
        wires.push(Wire::open(authority).await?);
    }
    let mut shooting = JoinSet::new();
    for mut wire in wires {
        let (requests, next, ready) = (requests.clone(), next.clone(), ready.clone());
        let authority = authority.to_owned();
        shooting.spawn(async move {
            ready.wait().await;
            let mut replies = Vec::new();
            while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                let reply = wire.ask(request).await?;
                let closes = reply.closes;
                replies.push(reply);
                if closes {
                    wire = Wire::open(&authority).await?;
                }
            }
            anyhow::Ok(replies)
        });
    }
    let mut replies = Vec::with_capacity(requests.len());
    while let Some(shot) = shooting.join_next().await {
        replies.extend(shot.context("a connection panicked")??);
    }
    Ok(replies)
}
