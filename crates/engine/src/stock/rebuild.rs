//! Laying a sale's state in Redis from the ledger.
//!
//! First the life before is ended in the ledger: from then on nothing that was decided in it is written any more,
//! neither a place nor a claim. Only then is the ledger read. So what is laid is all that anybody was ever told.

use crate::ledger::{Run, SaleRow};
use crate::redis::LinePiece;
use crate::{Engine, Error, moments};
use protocol::SaleId;
use protocol::transcript::Entry;
use std::collections::HashSet;
use std::time::Duration;

/// Runs of places that are laid at once; each is at most one batch of joins.
const RUNS: usize = 32;
/// Numbers that were given back, laid at once.
const NUMBERS: usize = 2000;
/// How often an edge looks whether another one is done.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Starts a new life of the sale in Redis, after `unfit`. Several edges may do it at once: one does the work, the
/// others wait for it, and of two that do it all the same the later life stays.
pub(crate) async fn rebuild(engine: &Engine, sale: &SaleId, unfit: u64) -> Result<(), Error> {
    loop {
        let current = engine.ledger.epoch(sale).await?;
        if current > unfit && engine.store.epoch(sale).await? >= current {
            return Ok(());
        }
        if !engine.store.begin_rebuild(sale).await? {
            tokio::time::sleep(LOOK_EVERY).await;
            continue;
        }
        let laid = match engine.ledger.next_epoch(sale, current).await {
            Ok(Some(epoch)) => lay(engine, sale, epoch).await,
            Ok(None) => engine.store.end_rebuild(sale).await,
            Err(error) => Err(error),
        };
        if let Err(error) = laid {
            // Whoever comes next need not wait for this one.
            drop(engine.store.end_rebuild(sale).await);
            // Redis forgot again, in the middle of it: from the start, under the next epoch.
            if !matches!(error, Error::Rebuilding) {
                return Err(error);
            }
        }
    }
}

async fn lay(engine: &Engine, sale: &SaleId, epoch: u64) -> Result<(), Error> {
    let mut row = engine.ledger.sale(sale).await?;
    row.epoch = epoch;
    let claims = engine.ledger.claims(sale).await?;
    let line = lay_line(engine, &row).await?;
    row.seen.tail = line.tail;
    moments::reach("rebuild.staged").await;
    engine.store.rebuild(&row, &claims, line.pieces).await?;
    tracing::warn!(%sale, epoch, claims = claims.len(), tail = row.seen.tail, "the sale's state was laid in redis from the ledger");
    Ok(())
}

/// The line as it was staged.
struct Staged {
    /// The number after the highest.
    tail: u64,
    /// How many pieces it took.
    pieces: u64,
}

/// Lays places and, until the draw is made, the transcript beside the live keys.
async fn lay_line(engine: &Engine, row: &SaleRow) -> Result<Staged, Error> {
    let stage =
        |piece: LinePiece| async move { engine.store.stage(&row.sale, row.epoch, &piece).await };
    let mut line = Staged { tail: 0, pieces: 0 };
    let left = engine.ledger.departures(&row.sale).await?;
    for numbers in left.chunks(NUMBERS) {
        stage(LinePiece {
            left: numbers.to_vec(),
            ..LinePiece::default()
        })
        .await?;
        line.pieces += 1;
    }
    let left: HashSet<u64> = left.into_iter().collect();
    loop {
        let runs = engine.ledger.places(&row.sale, line.tail, RUNS).await?;
        let Some(last) = runs.last() else {
            return Ok(line);
        };
        let end = last.end();
        let is_drawn = row.draw.is_some();
        stage(LinePiece {
            shoppers: shoppers(&runs, &left),
            entries: if is_drawn {
                Vec::new()
            } else {
                entries(line.tail, &runs)
            },
            left: Vec::new(),
        })
        .await?;
        line.tail = end;
        line.pieces += 1;
    }
}

/// Who has which number; who gave a place back has none, or a later one.
fn shoppers(runs: &[Run], left: &HashSet<u64>) -> Vec<([u8; 16], u64)> {
    runs.iter()
        .flat_map(|run| run.shoppers.iter().copied().zip(run.first..))
        .filter(|(_, number)| !left.contains(number))
        .collect()
}

/// The transcript from this number on. Numbers whose batch is not known are void: nobody was told them, or only
/// when they asked again.
fn entries(from: u64, runs: &[Run]) -> Vec<Vec<u8>> {
    let (mut entries, mut next): (Vec<Entry>, u64) = (Vec::new(), from);
    for run in runs {
        entries.extend(Entry::void(next..run.first));
        match run.entry() {
            Some(entry) => entries.push(entry),
            None => entries.extend(Entry::void(run.first..run.end())),
        }
        next = run.end();
    }
    entries.iter().map(|entry| entry.bytes().to_vec()).collect()
}
