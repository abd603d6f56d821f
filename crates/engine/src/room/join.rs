//! Joins collect for a few milliseconds, or until there are 256, and go to Redis as one call.
//!
//! The queue is bounded: when Redis is slower than the herd, an arrival is told `busy` at once and
//! keeps its solved proof, instead of everybody waiting for a collapse.

use super::Room;
use crate::gate::Asked;
use crate::redis::{BatchedJoin, Joined};
use crate::{Engine, Error};
use protocol::digest::to_hex;
use protocol::ticket::Ticket;
use protocol::transcript::{self, Inclusion};
use protocol::wire::{InclusionProof, JoinAnswer, JoinRequest};
use protocol::{Phase, SaleId, TicketNumber};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

/// A place, and, when it is new, where its join stands in the transcript.
type Placed = (TicketNumber, Option<Inclusion>, Phase);

/// A verified join that waits for its batch.
#[derive(Debug)]
pub(super) struct Joining {
    join: BatchedJoin,
    answer: oneshot::Sender<Result<Placed, Error>>,
}

impl Engine {
    /// Joins a sale. The answer is `(ticket, new)`: a shopper who already has a ticket gets the same one.
    ///
    /// A key is believed when it joins, because a ticket bound to somebody else's key is of no use. It is
    /// proven only when there is something to get for it: the ticket that it already has.
    pub async fn join(
        &self,
        sale: &SaleId,
        request: &JoinRequest,
        asked: &Asked<'_>,
    ) -> Result<(JoinAnswer, bool), Error> {
        let room = self.room(sale)?;
        room.within_reach()?;
        let join = self.verify(sale, request)?;
        let shopper = join.shopper;
        let (answer, answered) = oneshot::channel();
        room.joins
            .try_send(Joining { join, answer })
            .map_err(|_| Error::Busy)?;
        let (number, inclusion, phase) = answered.await.map_err(|_| Error::Busy)??;
        let new = inclusion.is_some();
        let ticket = Ticket {
            sale: sale.clone(),
            number,
            shopper,
            bound: request.key.is_some(),
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

fn proof_of(inclusion: &Inclusion) -> InclusionProof {
    InclusionProof {
        index: inclusion.index as u32,
        size: inclusion.size as u32,
        path: inclusion.path.iter().map(|hash| to_hex(hash)).collect(),
    }
}

/// Runs for as long as the edge does: collects a batch, sends it, hands the places out.
pub(super) async fn batch(engine: Engine, room: Arc<Room>, mut waiting: mpsc::Receiver<Joining>) {
    let stop = engine.0.stop.clone();
    let most = engine.settings.room.batch_max;
    let wait = Duration::from_millis(engine.settings.room.batch_wait_ms);
    let mut batch = Vec::with_capacity(most);
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
        send(&engine, &room, std::mem::take(&mut batch)).await;
    }
}

async fn send(engine: &Engine, room: &Room, batch: Vec<Joining>) {
    let joins: Vec<BatchedJoin> = batch.iter().map(|joining| joining.join.clone()).collect();
    let leaves: Vec<_> = joins.iter().map(|join| join.leaf).collect();
    metrics::histogram!("sluice_join_batch_size").record(joins.len() as f64);
    let result = engine
        .store
        .join(
            &room.row.sale,
            room.epoch(),
            &transcript::root(&leaves),
            &joins,
            engine.world.now(),
        )
        .await;
    match result {
        Ok((phase, places)) => {
            let inclusions = transcript::inclusions(&leaves);
            for ((joining, joined), inclusion) in batch.into_iter().zip(places).zip(inclusions) {
                let answer = match joined {
                    Joined::New(number) => Ok((number, Some(inclusion), phase)),
                    Joined::Had(number) => Ok((number, None, phase)),
                    Joined::Spent => Err(Error::ChallengeSpent),
                    Joined::Closed if phase == Phase::SoldOut => Err(Error::SoldOut),
                    Joined::Closed => Err(Error::WrongPhase(phase)),
                };
                // Whoever asked may have gone; asking again gives the same place.
                drop(joining.answer.send(answer));
            }
        }
        Err(error) => {
            tracing::warn!(%error, sale = %room.row.sale, joins = batch.len(), "a batch of joins failed");
            for joining in batch {
                drop(joining.answer.send(Err(Error::Rebuilding)));
            }
        }
    }
}
