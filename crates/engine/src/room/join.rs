//! Joins collect for a few milliseconds, or until there are enough, and go to Redis as one call. What it answers goes
//! to the ledger ([`super::places`]) while the next batch collects.
//!
//! The queue is bounded: when Redis is slower than the herd, an arrival is told `busy` at once and
//! keeps its solved proof, instead of everybody waiting for a collapse.

use super::Room;
use super::places::{Answered, keep_and_tell};
use crate::gate::{Arrival, Asked, Reason};
use crate::redis::BatchedJoin;
use crate::{Engine, Error};
use protocol::digest::to_hex;
use protocol::ticket::{Shopper, Ticket};
use protocol::transcript::{Inclusion, Tree};
use protocol::wire::{InclusionProof, JoinAnswer, JoinRequest};
use protocol::{Phase, SaleId, TicketNumber};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

/// Most batches that wait for the ledger at once. While they do the next ones are with Redis, and the ledger makes
/// all that wait durable together.
const IN_FLIGHT: usize = 16;

/// Most joins of one batch, whatever is configured: the script hands them to Redis as the arguments of one command.
const LARGEST: usize = 1000;

/// A place, and, when it is new, where its join stands in the tree of its batch.
pub(super) type Placed = (TicketNumber, Option<(Arc<Tree>, usize)>, Phase);

/// A verified join that waits for its batch.
#[derive(Debug)]
pub(super) struct Joining {
    pub(super) join: BatchedJoin,
    answer: oneshot::Sender<Result<Placed, Error>>,
}

impl Joining {
    /// Whoever asked may have gone; asking again gives the same place.
    pub(super) fn tell(self, answer: Result<Placed, Error>) {
        drop(self.answer.send(answer));
    }
}

impl Engine {
    /// Joins a sale. The answer is `(ticket, new)`: a shopper who already has a ticket gets the same one.
    ///
    /// A key is believed when it joins, because a ticket bound to somebody else's key is of no use. It is
    /// proven only when there is something to get for it: the ticket that it already has.
    ///
    /// All that there is to check is checked when it is called, not when it is awaited: who waits for a batch keeps
    /// nothing of the request, of which there are a hundred thousand at once.
    pub fn join<'a>(
        &'a self,
        sale: &SaleId,
        request: &JoinRequest,
        asked: &'a Asked<'a>,
    ) -> impl Future<Output = Result<(JoinAnswer, bool), Error>> + Send + use<'a> {
        let waits = self.take_in(sale, request, asked);
        async move {
            let Waits {
                room,
                shopper,
                bound,
                answer,
            } = waits?;
            let (number, inclusion, phase) = answer.await.map_err(|_| Error::Busy)??;
            let new = inclusion.is_some();
            let ticket = Ticket {
                sale: room.row.sale.clone(),
                number,
                shopper,
                bound,
            };
            if !new {
                self.proven(&ticket, asked)?;
            }
            let answer = JoinAnswer {
                ticket: ticket.seal(&self.keys),
                number,
                phase,
                inclusion: inclusion.as_ref().map(proof_of),
            };
            Ok((answer, new))
        }
    }

    /// Verifies a join and hands it to the next batch.
    fn take_in(
        &self,
        sale: &SaleId,
        request: &JoinRequest,
        asked: &Asked<'_>,
    ) -> Result<Waits, Error> {
        let room = self.room(sale)?;
        room.within_reach()?;
        let Arrival { join, noticed } = self.verify(sale, request, asked.from)?;
        if noticed.has(Reason::NetworkMoved) {
            metrics::counter!("sluice_joins_moved_total").increment(1);
        }
        let shopper = join.shopper;
        let (tell, answer) = oneshot::channel();
        room.joins
            .try_send(Joining { join, answer: tell })
            .map_err(|_| Error::Busy)?;
        Ok(Waits {
            room,
            shopper,
            bound: request.key.is_some(),
            answer,
        })
    }
}

/// What there is of a join while it waits for its batch.
struct Waits {
    room: Arc<Room>,
    shopper: Shopper,
    /// Its ticket is bound to a key.
    bound: bool,
    answer: oneshot::Receiver<Result<Placed, Error>>,
}

fn proof_of((tree, index): &(Arc<Tree>, usize)) -> InclusionProof {
    let Inclusion { index, size, path } = tree.inclusion(*index);
    InclusionProof {
        index: index as u32,
        size: size as u32,
        path: to_hex(path.as_flattened()),
    }
}

/// Runs for as long as the edge does: collects a batch, sends it, hands the places out.
pub(super) async fn batch(engine: Engine, room: Arc<Room>, mut waiting: mpsc::Receiver<Joining>) {
    let stop = engine.0.stop.clone();
    let most = engine.settings.room.batch_max.min(LARGEST);
    let wait = Duration::from_millis(engine.settings.room.batch_wait_ms);
    let mut batch = Vec::with_capacity(most);
    let in_flight = Arc::new(Semaphore::new(IN_FLIGHT));
    while let Some(1..) = stop
        .run_until_cancelled(waiting.recv_many(&mut batch, most))
        .await
    {
        let until = Instant::now() + wait;
        while batch.len() < most {
            let missing = most - batch.len();
            match timeout_at(until, waiting.recv_many(&mut batch, missing)).await {
                Ok(1..) => {}
                _ => break,
            }
        }
        let Ok(slot) = in_flight.clone().acquire_owned().await else {
            return;
        };
        send(&engine, &room, std::mem::take(&mut batch), slot).await;
    }
}

async fn send(engine: &Engine, room: &Arc<Room>, batch: Vec<Joining>, slot: OwnedSemaphorePermit) {
    let joins: Vec<BatchedJoin> = batch.iter().map(|joining| joining.join.clone()).collect();
    let tree = Tree::over(joins.iter().map(|join| join.leaf));
    let root = tree.root();
    metrics::histogram!("sluice_join_batch_size").record(joins.len() as f64);
    let asking = engine.store.join(
        &room.row.sale,
        room.sight.fence(),
        &root,
        &joins,
        engine.world.now(),
    );
    match room.heed(asking.await) {
        Ok((phase, places, fence)) => {
            room.sight.saw(fence);
            let answered = Answered {
                batch,
                places,
                phase,
                tree: Arc::new(tree),
                fence,
            };
            let (edge, room) = (engine.clone(), Arc::clone(room));
            engine.spawn(async move {
                keep_and_tell(&edge, &room, answered).await;
                drop(slot);
            });
        }
        Err(error) => {
            tracing::warn!(%error, sale = %room.row.sale, joins = batch.len(), "a batch of joins failed");
            for joining in batch {
                joining.tell(Err(Error::Rebuilding));
            }
        }
    }
}
