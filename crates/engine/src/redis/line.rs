//! The line: joins in batches, the frontier, the draw, the pass, the place given back.

use super::answer::{happened, refusal, words};
use super::keys::Keys;
use super::reply::State;
use super::{Fence, Store, scripts};
use crate::Error;
use crate::gate::Once;
use crate::ledger::Drawn;
use protocol::digest::Digest;
use protocol::dpop::{DpopError, REMEMBERED_MS};
use protocol::ticket::{Shopper, Ticket};
use protocol::{Phase, Rank, SaleId, TicketNumber};
use redis::{AsyncCommands as _, Value};

/// Challenges that expire within the same period are remembered, and forgotten, together, ms.
const SPENT_PERIOD_MS: u64 = 120_000;

/// One join of a batch, verified.
#[derive(Clone, Debug)]
pub struct BatchedJoin {
    /// Who joins.
    pub shopper: Shopper,
    /// The challenge that is spent.
    pub challenge: [u8; 16],
    /// When that challenge expires, Unix ms.
    pub expires_at: u64,
    /// The life of the state in which it was given out.
    pub epoch: u64,
    /// Its leaf in the transcript.
    pub leaf: Digest,
}

/// What became of one join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    /// A new place.
    New(TicketNumber),
    /// The place this shopper already had.
    Had(TicketNumber),
    /// The challenge was used before.
    Spent,
    /// The challenge was given out in an earlier life, or its time was over before it came to Redis, whatever the
    /// clock of an edge says: nobody remembers whether it was used.
    Stale,
    /// The sale takes nobody in.
    Closed,
}

/// What bounds the frontier beside rate and stock.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most passes in use at once.
    pub active_max: u32,
    /// Who is called and does not enter within this time is a no-show, ms.
    pub claim_ms: u64,
    /// This edge sees that the ledger or the payment provider is slow.
    pub strained: bool,
}

/// Whether a ticket may enter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Yes.
    Granted {
        /// Until this moment, Unix ms by the clock of Redis.
        expires_at: u64,
        /// Its slot in the schedule is so far away, ms.
        begins_in: u64,
    },
    /// The frontier stands here.
    Early(u64),
}

impl Store {
    /// Takes a batch of joins in one call; one answer for each, in order, the phase, and how far the state is.
    pub async fn join(
        &self,
        sale: &SaleId,
        fence: impl Into<Fence>,
        root: &Digest,
        joins: &[BatchedJoin],
        now: u64,
    ) -> Result<(Phase, Vec<Joined>, Fence), Error> {
        let fence = fence.into();
        let keys = Keys::of(sale);
        let period = now / SPENT_PERIOD_MS;
        let mut call = scripts::JOIN.prepare_invoke();
        call.key(keys.meta())
            .key(keys.shoppers())
            .key(keys.spent(period))
            .key(keys.spent(period + 1))
            .key(keys.transcript())
            .arg(fence.epoch)
            .arg(root.as_slice())
            .arg(SPENT_PERIOD_MS)
            .arg(fence.seq);
        let periods = joins.iter().map(|join| {
            if join.epoch < fence.epoch {
                return '2';
            }
            match (join.expires_at / SPENT_PERIOD_MS).checked_sub(period) {
                Some(0) => '0',
                Some(1) => '1',
                // It expired while it waited, and its set is none of the two: who knows whether it was used?
                _ => '2',
            }
        });
        call.arg(periods.collect::<String>()).arg(period);
        for join in joins {
            call.arg(join.shopper.as_slice());
        }
        for join in joins {
            call.arg(join.challenge.as_slice());
        }
        let reply = call.invoke_async(&mut self.connection.clone()).await?;
        let (phase, answers, seq) = batch_answer(reply, joins.len())?;
        Ok((phase, answers, Fence { seq, ..fence }))
    }

    /// Moves the sale on and reads its state; `None` when Redis knows nothing of it.
    pub async fn advance(&self, sale: &SaleId, limits: Limits) -> Result<Option<State>, Error> {
        self.advance_from(sale, limits, Fence::default()).await
    }

    /// The same, unless the state is older than what was seen: [`Error::Behind`], and nothing moves.
    pub async fn advance_from(
        &self,
        sale: &SaleId,
        limits: Limits,
        fence: Fence,
    ) -> Result<Option<State>, Error> {
        let keys = Keys::of(sale);
        let reply: Value = scripts::ADVANCE
            .key(keys.meta())
            .key(keys.stock())
            .key(keys.passes())
            .key(keys.steps())
            .key(keys.held())
            .key(keys.leases())
            .key(keys.transcript())
            .key(keys.entered())
            .arg(limits.active_max)
            .arg(100)
            .arg(limits.claim_ms)
            .arg(u8::from(limits.strained))
            .arg(fence.epoch)
            .arg(fence.seq)
            .invoke_async(&mut self.connection.clone())
            .await?;
        State::read(reply)
    }

    /// The first `entries` entries of the join transcript: first number, how many, digest.
    pub async fn transcript(&self, sale: &SaleId, entries: u64) -> Result<Vec<Vec<u8>>, Error> {
        if entries == 0 {
            return Ok(Vec::new());
        }
        let last = isize::try_from(entries - 1).map_err(|_| Error::Corrupt("meta.entries"))?;
        let key = Keys::of(sale).transcript();
        Ok(self.connection.clone().lrange(key, 0, last).await?)
    }

    /// Publishes the draw and opens the sale; `false` when it was published before.
    pub async fn publish_draw(
        &self,
        sale: &SaleId,
        epoch: u64,
        draw: &Drawn,
        secret: &str,
    ) -> Result<bool, Error> {
        let published: u8 = scripts::DRAW
            .key(Keys::of(sale).meta())
            .arg(epoch)
            .arg(draw.size)
            .arg(&draw.transcript)
            .arg(secret)
            .arg(&draw.seed)
            .arg(draw.beacon.as_deref().unwrap_or_default())
            .invoke_async(&mut self.connection.clone())
            .await?;
        Ok(published == 1)
    }

    /// Gives a called ticket its pass, unless its slot would be more than `wait_ms` away. The proof that
    /// came along is used up with it.
    pub async fn admit(
        &self,
        sale: &SaleId,
        fence: impl Into<Fence>,
        (number, rank): (TicketNumber, Rank),
        once: Option<Once>,
        ttl_ms: u64,
        wait_ms: u64,
    ) -> Result<Admission, Error> {
        let keys = Keys::of(sale);
        let proof = keys.proof(&once.unwrap_or_default());
        let fence = fence.into();
        let reply: Value = scripts::ADMIT
            .key(keys.meta())
            .key(keys.stock())
            .key(keys.passes())
            .key(keys.left())
            .key(keys.entered())
            .key(proof)
            .arg(fence.epoch)
            .arg(number.0)
            .arg(rank.0)
            .arg(ttl_ms)
            .arg(wait_ms)
            .arg(once.map_or(0, |_| REMEMBERED_MS))
            .arg(fence.seq)
            .invoke_async(&mut self.connection.clone())
            .await?;
        let read = |text: &str| text.parse().map_err(|_| Error::Corrupt("admit.lua"));
        let words = words(reply)?;
        match refusal(&words)?.as_slice() {
            ["ok", expires_at, begins_in] => Ok(Admission::Granted {
                expires_at: read(expires_at)?,
                begins_in: read(begins_in)?,
            }),
            ["early", frontier] => Ok(Admission::Early(read(frontier)?)),
            ["left"] => Err(Error::TicketLeft),
            ["replayed"] => Err(DpopError::Replayed.into()),
            _ => Err(Error::Corrupt("admit.lua")),
        }
    }

    /// Gives a place back; `false` when the ticket holds a unit.
    pub async fn leave(&self, ticket: &Ticket, epoch: u64) -> Result<bool, Error> {
        let keys = Keys::of(&ticket.sale);
        let reply: i8 = scripts::LEAVE
            .key(keys.meta())
            .key(keys.left())
            .key(keys.passes())
            .key(keys.held())
            .key(keys.shoppers())
            .arg(epoch)
            .arg(ticket.number.0)
            .arg(ticket.shopper.as_slice())
            .invoke_async(&mut self.connection.clone())
            .await?;
        happened(reply)
    }

    /// Was the place given back?
    pub async fn has_left(&self, sale: &SaleId, number: TicketNumber) -> Result<bool, Error> {
        let key = Keys::of(sale).left();
        Ok(self.connection.clone().sismember(key, number.0).await?)
    }
}

const CORRUPT: Error = Error::Corrupt("join.lua");

/// What join.lua says of a batch of so many.
fn batch_answer(reply: Value, joins: usize) -> Result<(Phase, Vec<Joined>, u64), Error> {
    let words = words(reply)?;
    let words = refusal(&words)?;
    let ["ok", seq, phase, first, others @ ..] = words.as_slice() else {
        return Err(CORRUPT);
    };
    let mut answers = vec![None; joins];
    for other in others.chunks(2) {
        let [at, answer] = other else {
            return Err(CORRUPT);
        };
        let place = number(at)?
            .checked_sub(1)
            .and_then(|at| answers.get_mut(at as usize));
        *place.ok_or(CORRUPT)? = Some(not_new(answer)?);
    }
    let mut numbers = (number(first)?..).map(TicketNumber);
    let answers = answers
        .into_iter()
        .map(|other| other.or_else(|| numbers.next().map(Joined::New)));
    Ok((
        phase.parse().map_err(|()| CORRUPT)?,
        answers.flatten().collect(),
        number(seq)?,
    ))
}

fn not_new(answer: &str) -> Result<Joined, Error> {
    match answer {
        "spent" => Ok(Joined::Spent),
        "stale" => Ok(Joined::Stale),
        "closed" => Ok(Joined::Closed),
        _ => {
            let had = answer.strip_prefix("had:").ok_or(CORRUPT)?;
            Ok(Joined::Had(TicketNumber(number(had)?)))
        }
    }
}

fn number(text: &str) -> Result<u64, Error> {
    text.parse().map_err(|_| CORRUPT)
}
