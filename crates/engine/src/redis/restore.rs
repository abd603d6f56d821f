//! What Redis forgot is laid anew: what is long in pieces beside the live keys, the rest in one atom.

use super::{Fence, Store, answer::happened, keys::Keys, scripts};
use crate::Error;
use crate::ledger::{Claim, SaleRow};
use protocol::SaleId;
use protocol::ticket::Shopper;
use redis::{AsyncCommands as _, ExistenceCheck, SetExpiry, SetOptions};

/// A rebuild that says nothing for so long has died, ms.
const REBUILD_MS: u64 = 2000;
/// What a rebuild that died has laid is forgotten after this time, s.
const STAGED_S: i64 = 600;
/// Claims are looked up in pieces of this size.
const PIECE: usize = 500;

/// A piece of the line, on its way to Redis.
#[derive(Debug, Default)]
pub(crate) struct LinePiece {
    /// Who has which number.
    pub(crate) shoppers: Vec<(Shopper, u64)>,
    /// The next entries of the transcript.
    pub(crate) entries: Vec<Vec<u8>>,
    /// Numbers that were given back.
    pub(crate) left: Vec<u64>,
}

impl Store {
    /// The epoch of the state; 0 when there is none.
    pub(crate) async fn epoch(&self, sale: &SaleId) -> Result<u64, Error> {
        let epoch: Option<u64> = self
            .connection
            .clone()
            .hget(Keys::of(sale).meta(), "epoch")
            .await?;
        Ok(epoch.unwrap_or_default())
    }

    /// How far the state is, and the tickets issued.
    pub(crate) async fn age(&self, sale: &SaleId) -> Result<(Fence, u64), Error> {
        let (epoch, seq, tail): (Option<u64>, Option<u64>, Option<u64>) = redis::cmd("HMGET")
            .arg(Keys::of(sale).meta())
            .arg(&["epoch", "seq", "tail"])
            .query_async(&mut self.connection.clone())
            .await?;
        let fence = Fence {
            epoch: epoch.unwrap_or_default(),
            seq: seq.unwrap_or_default(),
        };
        Ok((fence, tail.unwrap_or_default()))
    }

    /// Says that this edge rebuilds the sale; `false` when another one is at it. It saves work and decides
    /// nothing: which rebuild counts is decided by the epoch that the ledger gave it.
    pub(crate) async fn begin_rebuild(&self, sale: &SaleId) -> Result<bool, Error> {
        let alone = SetOptions::default()
            .conditional_set(ExistenceCheck::NX)
            .with_expiration(SetExpiry::PX(REBUILD_MS));
        let begun: Option<String> = self
            .connection
            .clone()
            .set_options(Keys::of(sale).rebuilding(), 1, alone)
            .await?;
        Ok(begun.is_some())
    }

    /// The rebuild came to nothing.
    pub(crate) async fn end_rebuild(&self, sale: &SaleId) -> Result<(), Error> {
        Ok(self
            .connection
            .clone()
            .del(Keys::of(sale).rebuilding())
            .await?)
    }

    /// Lays a piece of the line where [`Store::rebuild`] of the same epoch finds it, and counts it.
    pub(crate) async fn stage(
        &self,
        sale: &SaleId,
        epoch: u64,
        piece: &LinePiece,
    ) -> Result<(), Error> {
        let keys = Keys::of(sale);
        let mut pipe = redis::pipe();
        pipe.pset_ex(keys.rebuilding(), 1, REBUILD_MS).ignore();
        let staged = |key: &str| Keys::staged(key, epoch);
        if !piece.shoppers.is_empty() {
            let key = staged(&keys.shoppers());
            let pairs: Vec<_> = piece
                .shoppers
                .iter()
                .map(|(shopper, number)| (shopper.as_slice(), number))
                .collect();
            pipe.hset_multiple(&key, &pairs).ignore();
            pipe.expire(&key, STAGED_S).ignore();
        }
        if !piece.entries.is_empty() {
            let key = staged(&keys.transcript());
            pipe.rpush(&key, &piece.entries).ignore();
            pipe.expire(&key, STAGED_S).ignore();
        }
        if !piece.left.is_empty() {
            let key = staged(&keys.left());
            pipe.sadd(&key, &piece.left).ignore();
            pipe.expire(&key, STAGED_S).ignore();
        }
        // Last: a piece that is counted is all there.
        let count = staged(&keys.rebuilding());
        pipe.incr(&count, 1).ignore();
        pipe.expire(&count, STAGED_S).ignore();
        pipe.query_async::<()>(&mut self.connection.clone()).await?;
        Ok(())
    }

    /// Lays a sale's state from the ledger under the row's epoch, with the line that was staged in so many pieces;
    /// `false` when it is there already. Refuses with [`Error::Rebuilding`], and changes nothing, when Redis has
    /// lost one of the pieces meanwhile.
    pub async fn rebuild(
        &self,
        row: &SaleRow,
        claims: &[Claim],
        pieces: u64,
    ) -> Result<bool, Error> {
        let keys = Keys::of(&row.sale);
        let staged = |key: &str| Keys::staged(key, row.epoch);
        let meta = crate::sale::meta_of(row);
        let mut call = scripts::REBUILD.prepare_invoke();
        call.key(keys.meta())
            .key(keys.stock())
            .key(keys.held())
            .key(keys.leases())
            .key(keys.returned())
            .key(keys.buyers())
            .key(keys.steps())
            .key(keys.entered())
            .key(keys.shoppers())
            .key(staged(&keys.shoppers()))
            .key(keys.transcript())
            .key(staged(&keys.transcript()))
            .key(keys.left())
            .key(staged(&keys.left()))
            .key(keys.rebuilding())
            .key(staged(&keys.rebuilding()))
            .arg(row.epoch)
            .arg(row.units)
            .arg(pieces)
            .arg(meta.len());
        for (field, value) in meta {
            call.arg(field).arg(value);
        }
        for claim in claims {
            call.arg(claim.number.0)
                .arg(&claim.order)
                .arg(claim.unit.0)
                .arg(claim.buyers.join(","));
        }
        let laid: i8 = call.invoke_async(&mut self.connection.clone()).await?;
        happened(laid)
    }

    /// Does Redis know all these claims, as claims or as reservations still?
    pub(crate) async fn knows_all(&self, sale: &SaleId, claims: &[Claim]) -> Result<bool, Error> {
        let keys = Keys::of(sale);
        for piece in claims.chunks(PIECE) {
            let numbers: Vec<u64> = piece.iter().map(|claim| claim.number.0).collect();
            let held: Vec<Option<String>> = redis::cmd("HMGET")
                .arg(keys.held())
                .arg(&numbers)
                .query_async(&mut self.connection.clone())
                .await?;
            let is_of = |held: &Option<String>, claim: &Claim| {
                held.as_deref()
                    .and_then(|held| held.split_once('|'))
                    .is_some_and(|(order, _)| order == claim.order)
            };
            let known = piece
                .iter()
                .zip(&held)
                .all(|(claim, held)| is_of(held, claim));
            if !known {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
