//! A few times a second: move the sale on, read it, publish it, and do what has become due.

use super::{Published, Room, draw, gauges, snapshot};
use crate::redis::{Limits, State};
use crate::{Engine, Error, pay, stock};
use futures::future::try_join_all;
use protocol::{Phase, SaleId, Snapshot};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

/// A snapshot that says nothing new is sent again this often, so that clocks can be corrected by it.
const HEARTBEAT_MS: u64 = 1000;
/// A store that takes longer than this does not answer. Longer than a response of Redis may take.
const STUCK: Duration = Duration::from_secs(3);
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
                    publish(&room, Published::during_fault(&last, engine.world.now()));
                }
            }
        }
    };
    stop.run_until_cancelled(ticking).await;
}

/// Moves a sale on, as any edge may at any time; `None` when Redis knows nothing of it.
pub(crate) async fn advance(engine: &Engine, sale: &SaleId) -> Result<Option<State>, Error> {
    let settings = &engine.settings.room;
    let limits = Limits {
        active_max: settings.active_max,
        claim_ms: settings.claim_ms,
        strained: engine.0.health.is_strained(settings),
    };
    engine.store.advance(sale, limits).await
}

async fn tick(engine: &Engine, room: &Room, settle_at: &mut Instant) -> Result<(), Error> {
    let sale = &room.row.sale;
    let moving = move_on(engine, room);
    let Some(state) = timeout(STUCK, moving)
        .await
        .unwrap_or(Err(Error::OutOfReach))?
    else {
        return Ok(());
    };
    if is_over(&state)? && Instant::now() >= *settle_at {
        *settle_at = Instant::now() + SETTLE_EVERY;
        if let Err(error) = pay::release_losers(engine, sale, state.phase()?).await {
            tracing::warn!(%error, %sale, "holds wait for their release");
        }
    }
    Ok(())
}

/// Everything that a sale needs to go on. It is published last: a snapshot that says `open` means that
/// both stores have just answered, and a fault is never told in turns with the contrary.
async fn move_on(engine: &Engine, room: &Room) -> Result<Option<State>, Error> {
    let sale = &room.row.sale;
    let Some(state) = advance(engine, sale).await? else {
        stock::rebuild(engine, sale).await?;
        return Ok(None);
    };
    let next = snapshot::of_state(&room.row, &state)?;
    keep_seen(engine, room, &next).await?;
    draw::make_if_due(engine, room, &state).await?;
    let epoch = state.number("epoch");
    let given_up = state
        .expired
        .iter()
        .map(|expired| stock::give_up(engine, sale, epoch, expired));
    try_join_all(given_up).await?;
    publish(room, Published::of(next));
    Ok(Some(state))
}

/// Keeps in the ledger how far the line is, whenever it has moved; and whenever the ledger failed somebody
/// else, which finds out whether it works again.
async fn keep_seen(engine: &Engine, room: &Room, next: &Snapshot) -> Result<(), Error> {
    let last = room.published.borrow().snapshot.clone();
    let moved = (last.tail, last.frontier) != (next.tail, next.frontier);
    if !moved && !engine.ledger.is_failing() {
        return Ok(());
    }
    let sale = &room.row.sale;
    let keeping = engine.ledger.keep_seen(sale, next.tail, next.frontier);
    engine.0.health.ledger.time(keeping).await
}

fn is_over(state: &State) -> Result<bool, Error> {
    Ok(matches!(state.phase()?, Phase::SoldOut | Phase::Closed))
}

fn publish(room: &Room, next: Published) {
    gauges::show(&next.snapshot);
    room.published.send_if_modified(|published| {
        let due = next.snapshot.at >= published.snapshot.at + HEARTBEAT_MS;
        let news = due || !published.says_the_same_as(&next.snapshot);
        if news {
            *published = next;
        }
        news
    });
}
