//! The waiting room. One [`Room`] for each sale on this edge.
//!
//! - [`join`]: arrivals collect into batches; one Redis call gives a whole batch its places,
//! - [`places`]: which are told when the ledger has them; [`known`]: those of which that is known,
//! - [`sight`]: what this edge has seen of the state, and whether it may trust it,
//! - [`tick`]: a few times a second one call moves the sale on and reads its state,
//! - [`draw`]: when the lobby closes, its ranks are drawn, once, by whichever edge comes first,
//! - [`beacon`]: a public random number in its seed, for sales that want one,
//! - [`snapshot`]: the state as bytes that everyone gets; watching costs Redis nothing,
//! - [`gauges`]: the same for whoever operates the shop,
//! - [`pass`]: the right to buy, for those behind the frontier; [`pass_keys`]: its signature.

mod beacon;
mod draw;
mod gauges;
mod join;
mod known;
mod pass;
mod pass_keys;
mod places;
mod sight;
mod snapshot;
mod standing;
mod tick;

pub use beacon::Beacon;
pub use pass_keys::{KeyError, PassKeys};
pub use snapshot::Published;
pub(crate) use tick::advance;

use crate::gate::Book;
use crate::ledger::{SaleRow, Words};
use crate::{Engine, Error, gate};
use join::Joining;
use protocol::{SaleId, Snapshot};
use sight::Sight;
use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// One sale on this edge.
#[derive(Debug)]
pub struct Room {
    /// The sale as it was when this edge heard of it; what may change since is in `words` and in the snapshot.
    pub(crate) row: SaleRow,
    words: RwLock<Words>,
    joins: mpsc::Sender<Joining>,
    published: watch::Sender<Published>,
    pub(crate) sight: Sight,
    pub(crate) gate: Book,
    beacon: beacon::Awaited,
    /// What was counted of networks and other edges have not heard of.
    pub(crate) tally: gate::Tally,
    /// Sold out and all paid, as the ledger said last.
    decided: AtomicBool,
    known: known::Known,
}

/// The rooms of this edge by sale.
#[derive(Debug, Default)]
pub(crate) struct Rooms(RwLock<HashMap<SaleId, Arc<Room>>>);

impl Rooms {
    fn get(&self, sale: &SaleId) -> Option<Arc<Room>> {
        let rooms = self.0.read().unwrap_or_else(PoisonError::into_inner);
        rooms.get(sale).cloned()
    }

    fn add(&self, room: Arc<Room>) {
        let mut rooms = self.0.write().unwrap_or_else(PoisonError::into_inner);
        rooms.insert(room.row.sale.clone(), room);
    }
}

impl Room {
    /// The newest snapshot as it goes out.
    pub fn published(&self) -> Published {
        self.published.borrow().clone()
    }

    /// What the sale says of itself by now.
    pub(crate) fn words(&self) -> Words {
        let words = self.words.read().unwrap_or_else(PoisonError::into_inner);
        words.clone()
    }

    /// It says something else from now on.
    pub(crate) fn reword(&self, words: Words) {
        *self.words.write().unwrap_or_else(PoisonError::into_inner) = words;
    }

    /// Refuses at once while a store does not answer, so that nobody waits for a time-out in its stead.
    pub(crate) fn within_reach(&self) -> Result<(), Error> {
        match self.published.borrow().fault {
            true => Err(Error::OutOfReach),
            false => Ok(()),
        }
    }

    /// Life of the Redis state, as this edge last saw it.
    pub(crate) fn epoch(&self) -> u64 {
        self.sight.fence().epoch
    }

    /// Hands an answer of Redis on; one that contradicts what this edge believes wakes the tick.
    pub(crate) fn heed<T>(&self, answer: Result<T, Error>) -> Result<T, Error> {
        if matches!(answer, Err(Error::Rebuilding | Error::Behind)) {
            self.sight.raise_alarm();
        }
        answer
    }
}

impl Engine {
    /// The room of a sale on this edge.
    pub(crate) fn room(&self, sale: &SaleId) -> Result<Arc<Room>, Error> {
        self.0.rooms.get(sale).ok_or(Error::UnknownSale)
    }

    /// The newest snapshot of a sale. No I/O.
    pub fn snapshot(&self, sale: &SaleId) -> Result<Arc<Snapshot>, Error> {
        Ok(self.room(sale)?.published().snapshot)
    }

    /// The newest snapshot of a sale as the bytes that everyone gets. No I/O.
    pub fn status(&self, sale: &SaleId) -> Result<Published, Error> {
        Ok(self.room(sale)?.published())
    }

    /// The snapshots of a sale as they come.
    pub fn watch(&self, sale: &SaleId) -> Result<watch::Receiver<Published>, Error> {
        Ok(self.room(sale)?.published.subscribe())
    }
}

/// Opens a room for every sale of the ledger that has none yet; the others say what the ledger says.
pub(crate) async fn find_sales(engine: &Engine) -> Result<(), Error> {
    for row in engine.ledger.sales().await? {
        match engine.0.rooms.get(&row.sale) {
            Some(room) => room.reword(row.words()),
            None => open(engine, row),
        }
    }
    Ok(())
}

/// A sale may be announced, or put in other words, by another edge or by the command line.
pub(crate) async fn keep_finding_sales(engine: Engine) {
    let stop = engine.0.stop.clone();
    let finding = async {
        let mut every = tokio::time::interval(Duration::from_secs(1));
        loop {
            every.tick().await;
            if let Err(error) = find_sales(&engine).await {
                tracing::warn!(%error, "the ledger's sales could not be read");
            }
        }
    };
    stop.run_until_cancelled(finding).await;
}

/// Opens the room of one sale and starts its tasks.
pub(crate) fn open(engine: &Engine, row: SaleRow) {
    let (joins, waiting) = mpsc::channel(engine.settings.room.queue_max);
    let first = Published::unseen(snapshot::announced(&row, engine.world.now()));
    let room = Arc::new(Room {
        sight: Sight::new(row.seen),
        beacon: beacon::Awaited::default(),
        gate: Book::new(engine.keys.derive("sluice/who/v1")[0]),
        tally: gate::Tally::default(),
        decided: AtomicBool::new(false),
        known: known::Known::default(),
        words: RwLock::new(row.words()),
        row,
        joins,
        published: watch::Sender::new(first),
    });
    engine.0.rooms.add(room.clone());
    engine.spawn(join::batch(engine.clone(), room.clone(), waiting));
    engine.spawn(gate::keep_book(engine.clone(), room.clone()));
    engine.spawn(gate::keep_sharing(engine.clone(), room.clone()));
    engine.spawn(tick::keep_ticking(engine.clone(), room));
}
