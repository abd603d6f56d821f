//! A few times a second: move the sale on, read it, publish it, and do what has become due.

use super::{Published, Room, draw, snapshot};
use crate::redis::State;
use crate::{Engine, Error, pay, stock};
use protocol::{Phase, SaleId, Snapshot};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// A snapshot that says nothing new is sent again this often, so that clocks can be corrected by it.
const HEARTBEAT_MS: u64 = 1000;
/// How often a sale that is over looks for holds to release.
const SETTLE_EVERY: Duration = Duration::from_millis(500);

/// Runs for as long as the edge does.
pub(super) async fn keep_ticking(engine: Engine, room: Arc<Room>) {
    let stop = engine.0.stop.clone();
    let ticking = async {
        let mut every = interval(Duration::from_millis(engine.settings.room.tick_ms));
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut settle_at = Instant::now();
        let mut failing = false;
        loop {
            every.tick().await;
            match tick(&engine, &room, &mut settle_at).await {
                Ok(()) if failing => {
                    failing = false;
                    tracing::info!(sale = %room.row.sale, "the sale goes on");
                }
                Ok(()) => {}
                Err(error) => {
                    if !failing {
                        tracing::error!(%error, sale = %room.row.sale, "the sale cannot go on");
                    }
                    failing = true;
                    let last = room.published.borrow().snapshot.clone();
                    publish(&room, snapshot::during_fault(&last, engine.world.now()));
                }
            }
        }
    };
    stop.run_until_cancelled(ticking).await;
}

/// Moves a sale on, as any edge may at any time; `None` when Redis knows nothing of it.
pub(crate) async fn advance(engine: &Engine, sale: &SaleId) -> Result<Option<State>, Error> {
    let settings = &engine.settings.room;
    engine
        .store
        .advance(sale, settings.active_max, settings.claim_ms)
        .await
}

async fn tick(engine: &Engine, room: &Room, settle_at: &mut Instant) -> Result<(), Error> {
    let sale = &room.row.sale;
    let Some(state) = advance(engine, sale).await? else {
        return stock::rebuild(engine, sale).await;
    };
    let next = snapshot::of_state(&room.row, &state)?;
    keep_seen(engine, room, &next).await?;
    publish(room, next);
    draw::make_if_due(engine, room, &state).await?;
    for expired in &state.expired {
        stock::give_up(engine, sale, state.number("epoch"), expired).await?;
    }
    if is_over(&state)? && Instant::now() >= *settle_at {
        *settle_at = Instant::now() + SETTLE_EVERY;
        pay::release_losers(engine, sale, state.phase()?).await?;
    }
    Ok(())
}

/// Keeps in the ledger how far the line is, whenever it has moved.
async fn keep_seen(engine: &Engine, room: &Room, next: &Snapshot) -> Result<(), Error> {
    let last = room.published.borrow().snapshot.clone();
    if (last.tail, last.frontier) == (next.tail, next.frontier) {
        return Ok(());
    }
    let sale = &room.row.sale;
    engine
        .ledger
        .keep_seen(sale, next.tail, next.frontier)
        .await
}

fn is_over(state: &State) -> Result<bool, Error> {
    Ok(matches!(state.phase()?, Phase::SoldOut | Phase::Closed))
}

fn publish(room: &Room, next: Snapshot) {
    room.published.send_if_modified(|published| {
        let due = next.at >= published.snapshot.at + HEARTBEAT_MS;
        if !due && published.says_the_same_as(&next) {
            return false;
        }
        *published = Published::of(next);
        true
    });
}
