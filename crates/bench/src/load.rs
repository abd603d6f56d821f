//! The load: many kept-alive connections, one request at a time on each.

use crate::process;
use anyhow::{Result, ensure};
use herd::wire::{Reply, Wire};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use tokio::task::LocalSet;

/// What a number of requests cost those who answered.
#[derive(Clone, Debug)]
pub(crate) struct Cost {
    /// CPU time of one request.
    pub(crate) each: Duration,
    /// The part of each process in it.
    pub(crate) of: Vec<Duration>,
}

/// Sends `count` requests, the given ones in turn, and brings back what was answered to each when `keep`.
pub(crate) async fn fire(
    authority: &str,
    requests: &Rc<Vec<Vec<u8>>>,
    count: usize,
    connections: usize,
    keep: bool,
) -> Result<Vec<Reply>> {
    let (next, refused) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(None)));
    let replies = Rc::new(RefCell::new(Vec::new()));
    let local = LocalSet::new();
    for _ in 0..connections.min(count) {
        let mut wire = Wire::open(authority).await?;
        let (requests, replies) = (Rc::clone(requests), Rc::clone(&replies));
        let (next, refused) = (Rc::clone(&next), Rc::clone(&refused));
        local.spawn_local(async move {
            while next.get() < count && refused.get().is_none() {
                let mine = next.replace(next.get() + 1);
                match wire.ask(&requests[mine % requests.len()]).await {
                    Ok(reply) if (200..300).contains(&reply.status) => {
                        if keep {
                            replies.borrow_mut().push(reply);
                        }
                    }
                    Ok(reply) => refused.set(Some(reply.status)),
                    Err(error) => {
                        eprintln!("bench: {error}");
                        refused.set(Some(0));
                    }
                }
            }
        });
    }
    local.await;
    ensure!(
        refused.get().is_none(),
        "a request was refused with {:?}",
        refused.get()
    );
    Ok(replies.take())
}

/// The same, and what it cost these processes.
pub(crate) async fn cost(
    pids: &[u32],
    authority: &str,
    requests: &Rc<Vec<Vec<u8>>>,
    count: usize,
    connections: usize,
) -> Result<Cost> {
    let times =
        || -> Result<Vec<Duration>> { pids.iter().map(|pid| process::cpu_time(*pid)).collect() };
    let before = times()?;
    fire(authority, requests, count, connections, false).await?;
    let of: Vec<Duration> = times()?
        .into_iter()
        .zip(before)
        .map(|(after, before)| after.saturating_sub(before) / count.max(1) as u32)
        .collect();
    Ok(Cost {
        each: of.iter().sum(),
        of,
    })
}

/// The middle one.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
