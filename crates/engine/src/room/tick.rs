//! A few times a second: move the sale on, read it, publish it, and do what has become due.

use super::{Published, Room, draw, gauges, snapshot};
use crate::ledger::Seen;
use crate::redis::{Fence, Limits, State};
use crate::{Engine, Error, pay, stock};
use futures::future::try_join_all;
use protocol::{Phase, SaleId, Snapshot};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
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
            tokio::select! {
                _ = every.tick() => {}
                () = room.sight.alarmed() => {}
            }
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
                    publish(&room, room.published().during_fault(engine.world.now()));
                }
            }
        }
    };
    stop.run_until_cancelled(ticking).await;
}

/// Moves a sale on, as any edge may at any time; `None` when Redis knows nothing of it.
pub(crate) async fn advance(engine: &Engine, sale: &SaleId) -> Result<Option<State>, Error> {
    engine.store.advance(sale, limits(engine)).await
}

fn limits(engine: &Engine) -> Limits {
    let settings = &engine.settings.room;
    Limits {
        active_max: settings.active_max,
        claim_ms: settings.claim_ms,
        strained: engine.0.health.is_strained(settings),
    }
}

/// How a sale was found.
enum Found {
    /// It goes on; this is its state.
    Sound(Box<State>),
    /// The state in Redis cannot be trusted, and why.
    Unfit(&'static str),
}

async fn tick(engine: &Engine, room: &Room, settle_at: &mut Instant) -> Result<(), Error> {
    let sale = &room.row.sale;
    let moving = timeout(STUCK, move_on(engine, room));
    let state = match moving.await.unwrap_or(Err(Error::OutOfReach))? {
        Found::Sound(state) => state,
        Found::Unfit(reason) => {
            tracing::error!(%sale, reason, "the state in redis cannot be trusted; the sale waits for the ledger's");
            metrics::counter!("sluice_rebuilds_total").increment(1);
            publish(room, room.published().during_rebuild(engine.world.now()));
            // As long as it takes: every step of it has a time-out of its own.
            stock::rebuild(engine, sale, room.epoch()).await?;
            room.sight.raise_alarm();
            return Ok(());
        }
    };
    if !is_over(&state)? {
        room.decided.store(false, Relaxed);
        if let Err(error) = pay::ask_for_those_near(engine, room).await {
            tracing::warn!(%error, %sale, "kept cards wait for their holds");
        }
    } else if Instant::now() >= *settle_at {
        *settle_at = Instant::now() + SETTLE_EVERY;
        match pay::release_losers(engine, sale, state.phase()?).await {
            Ok(decided) => room.decided.store(decided, Relaxed),
            Err(error) => tracing::warn!(%error, %sale, "holds wait for their release"),
        }
    }
    Ok(())
}

/// Everything that a sale needs to go on. It is published last: a snapshot that says `open` means that
/// both stores have just answered, and a fault is never told in turns with the contrary.
async fn move_on(engine: &Engine, room: &Room) -> Result<Found, Error> {
    let (sale, sight) = (&room.row.sale, &room.sight);
    let moving = engine
        .store
        .advance_from(sale, limits(engine), sight.fence());
    let state = match moving.await {
        Ok(Some(state)) => state,
        Ok(None) => return Ok(Found::Unfit("redis knows nothing of the sale")),
        Err(Error::Behind) => return Ok(Found::Unfit("redis is older than what was seen")),
        Err(error) => return Err(error),
    };
    gauges::show_clocks(state.now, engine.world.now());
    let fence = state.fence();
    sight.saw(fence);
    if sight.is_condemned(fence.epoch) {
        return Ok(Found::Unfit(
            "redis gave out what had an owner, or its life has ended",
        ));
    }
    if sight.is_unmet(&state.run) {
        if !stock::is_complete(engine, sale).await? {
            return Ok(Found::Unfit(
                "another redis answers, and it lacks what the ledger has",
            ));
        }
        sight.met(&state.run);
    }
    let next = snapshot::of_state(&room.row, &state, room.decided.load(Relaxed))?;
    if !keep_seen(engine, room, &next).await? {
        return Ok(Found::Unfit(
            "the life of this state has ended in the ledger",
        ));
    }
    match draw::make_if_due(engine, room, &state).await {
        Err(Error::Behind) => return Ok(Found::Unfit("redis lacks joins of the lobby")),
        made => made?,
    }
    stock::bring_back(engine, sale, fence.epoch).await?;
    let given_up = state
        .expired
        .iter()
        .map(|expired| stock::give_up(engine, sale, fence.epoch, expired));
    try_join_all(given_up).await?;
    publish(room, Published::of(next));
    Ok(Found::Sound(Box::new(state)))
}

/// Keeps in the ledger how far the line is, whenever something has changed; and whenever the ledger failed
/// somebody else, which finds out whether it works again. `false` when the sale lives another life by now.
async fn keep_seen(engine: &Engine, room: &Room, next: &Snapshot) -> Result<bool, Error> {
    let last = room.published().snapshot;
    let moved = (last.epoch, last.seq) != (next.epoch, next.seq);
    if !moved && !engine.ledger.is_failing() {
        return Ok(true);
    }
    let seen = Seen {
        fence: Fence {
            epoch: next.epoch,
            seq: next.seq,
        },
        tail: next.tail,
        frontier: next.frontier,
    };
    let keeping = engine.ledger.keep_seen(&room.row.sale, seen);
    engine.0.health.ledger.time(keeping).await
}

fn is_over(state: &State) -> Result<bool, Error> {
    Ok(matches!(state.phase()?, Phase::SoldOut | Phase::Closed))
}

fn publish(room: &Room, next: Published) {
    gauges::show(&next.snapshot);
    room.published.send_if_modified(|published| {
        // Also when the clock was set back.
        let due = next.snapshot.at.abs_diff(published.snapshot.at) >= HEARTBEAT_MS;
        let turned = published.fault != next.fault;
        let news = due || turned || !published.says_the_same_as(&next.snapshot);
        if news {
            *published = next;
        }
        news
    });
}
