//! What the operator does to a sale that is announced.

use super::announce::check_rate;
use crate::{Engine, Error};
use protocol::wire::LoggedAct;
use protocol::{Phase, SaleId};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// How long an act waits for a rebuild of the sale's state. Longer than the rebuild of a long line takes.
const REBUILT_WITHIN: Duration = Duration::from_secs(10);
/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// An act on a sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Open now instead of at the announced time; the draw follows after the fold-in.
    Open,
    /// Open at another time, Unix ms; only while it has not opened. Whoever waits sees it at once.
    OpenAt(u64),
    /// Hold everything; places are kept.
    Pause,
    /// Go on.
    Resume,
    /// End for good; holds without an order are released.
    End,
    /// Admissions per second, 1 to 100,000.
    Rate(u32),
}

/// What came of an act.
enum Done {
    /// It was done, and the sale is in this phase.
    In(Phase),
    /// It was done to a state whose life has ended, 0 when there is no state: as if it had not been done.
    Before(u64),
}

impl Act {
    fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::OpenAt(_) => "open_at",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::End => "end",
            Self::Rate(_) => "rate",
        }
    }
}

impl Engine {
    /// Does something to a sale; takes effect at once on every edge, and is kept in the audit log. What falls into
    /// a rebuild of the sale's state is done again when that is over, as the rebuild may have read the sale before;
    /// [`Error::Rebuilding`] when it is not over within 10 s.
    pub async fn act(&self, sale: &SaleId, act: Act, detail: &str) -> Result<Phase, Error> {
        let word = match act {
            Act::Rate(rate) => {
                check_rate(rate)?;
                rate.to_string()
            }
            Act::OpenAt(at) => at.to_string(),
            _ => detail.to_owned(),
        };
        self.ledger.sale(sale).await?;
        let insisting = async {
            loop {
                match self.act_once(sale, act.name(), &word).await? {
                    Done::In(phase) => return Ok(phase),
                    Done::Before(ended) => self.later_life(sale, ended).await,
                }
            }
        };
        let phase = timeout(REBUILT_WITHIN, insisting)
            .await
            .unwrap_or(Err(Error::Rebuilding))?;
        tracing::info!(%sale, act = act.name(), phase = phase.as_str(), "operator");
        Ok(phase)
    }

    async fn act_once(&self, sale: &SaleId, act: &'static str, word: &str) -> Result<Done, Error> {
        let (phase, epoch) = match self.store.control(sale, act, word).await {
            Err(Error::Rebuilding) => return Ok(Done::Before(0)),
            done => done?,
        };
        let now = self.world.now();
        let keeping = self
            .ledger
            .keep_act(sale, act, word.to_owned(), Some(epoch), now);
        match keeping.await {
            Err(Error::Rebuilding) => Ok(Done::Before(epoch)),
            kept => kept.map(|()| Done::In(phase)),
        }
    }

    /// Waits until Redis has a state that is younger than `ended`, for as long as that takes.
    async fn later_life(&self, sale: &SaleId, ended: u64) {
        // A Redis that does not answer for a moment is asked again.
        while self.store.epoch(sale).await.unwrap_or_default() <= ended {
            sleep(LOOK_EVERY).await;
        }
    }

    /// What was done to a sale, the latest first, a hundred at a time. Kept for good.
    pub async fn acts(&self, sale: &SaleId, from: u32) -> Result<Vec<LoggedAct>, Error> {
        self.ledger.sale(sale).await?;
        self.ledger.acts(sale, from).await
    }
}
