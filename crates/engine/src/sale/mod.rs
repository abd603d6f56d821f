//! What the operator does: announce, open, pause, resume, end, change the rate.

use crate::ledger::{SaleRow, Seen};
use crate::{Engine, Error, pay, room};
use protocol::digest::{sha256, to_hex};
use protocol::wire::{HoldPlan, NewSale, SaleInfo};
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
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::End => "end",
            Self::Rate(_) => "rate",
        }
    }
}

impl Engine {
    /// Announces a sale: in the ledger first, then in Redis, then on this edge. The commitment to the
    /// draw's secret is public from this moment.
    pub async fn announce(&self, new: &NewSale) -> Result<SaleInfo, Error> {
        Ok(self.announce_with_plan(new).await?.0)
    }

    /// The same, with what its holds will come to.
    pub async fn announce_with_plan(&self, new: &NewSale) -> Result<(SaleInfo, HoldPlan), Error> {
        let now = self.world.now();
        let (row, plan) = self.row_of(new, now)?;
        self.ledger.announce(row.clone(), now).await?;
        self.store.rebuild(&row, &[], 0).await?;
        self.ledger
            .keep_act(
                &row.sale,
                "announce",
                to_hex(&sha256(&row.draw_secret)),
                None,
                now,
            )
            .await?;
        if self.0.runs {
            room::open(self, row.clone());
        }
        tracing::info!(sale = %row.sale, policy = plan.policy.as_str(), why = plan.why, "announced");
        Ok((self.info(&row), plan))
    }

    fn row_of(&self, new: &NewSale, now: u64) -> Result<(SaleRow, HoldPlan), Error> {
        let check =
            |good: bool, what: &'static str| good.then_some(()).ok_or(Error::Unprocessable(what));
        let rate = new.rate.unwrap_or(self.settings.room.rate);
        let lobby_at = new.lobby_at.unwrap_or(now);
        check(
            (1..=120).contains(&new.title.chars().count()),
            "title has 1 to 120 characters",
        )?;
        check(
            new.description.chars().count() <= 500,
            "description has at most 500 characters",
        )?;
        check(
            (1..=1_000_000).contains(&new.units),
            "units is 1 to 1,000,000",
        )?;
        check(
            (1..=100_000).contains(&rate),
            "rate is 1 to 100,000 admissions per second",
        )?;
        check(
            (1..=100).contains(&new.limit_per_buyer),
            "limit_per_buyer is 1 to 100",
        )?;
        check(
            (1..=99_999_999).contains(&new.price.minor),
            "price.minor is 1 to 99,999,999",
        )?;
        check(new.opens_at >= now, "opens_at lies in the past")?;
        check(lobby_at <= new.opens_at, "lobby_at is not after opens_at")?;
        check(
            new.opens_at < now + 366 * 86_400_000,
            "opens_at is at most a year ahead",
        )?;
        let plan = pay::plan_of(new, new.opens_at - lobby_at, &self.settings.payment);
        let row = SaleRow {
            sale: new.sale.clone(),
            title: new.title.clone(),
            description: new.description.clone(),
            price: new.price,
            units: new.units,
            lobby_at,
            opens_at: new.opens_at,
            fold_in_ms: self.settings.room.fold_in_ms,
            rate,
            limit_per_buyer: new.limit_per_buyer,
            paused: None,
            draw_secret: self.world.random(),
            draw: None,
            beacon: self.settings.room.beacon(),
            policy: plan.policy,
            seen: Seen::default(),
            epoch: 1,
            ended_at: None,
        };
        Ok((row, plan))
    }

    /// Does something to a sale; takes effect at once on every edge, and is kept in the audit log. What falls into
    /// a rebuild of the sale's state is done again when that is over, as the rebuild may have read the sale before;
    /// [`Error::Rebuilding`] when it is not over within 10 s.
    pub async fn act(&self, sale: &SaleId, act: Act, detail: &str) -> Result<Phase, Error> {
        let word = match act {
            Act::Rate(rate @ 1..=100_000) => rate.to_string(),
            Act::Rate(_) => {
                return Err(Error::Unprocessable(
                    "rate is 1 to 100,000 admissions per second",
                ));
            }
            _ => detail.to_owned(),
        };
        self.known(sale).await?;
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

    /// Where a sale stands, asked of Redis: for callers that hold no room.
    pub async fn phase(&self, sale: &SaleId) -> Result<Phase, Error> {
        let state = crate::room::advance(self, sale).await?;
        state.ok_or(Error::Rebuilding)?.phase()
    }

    async fn known(&self, sale: &SaleId) -> Result<SaleRow, Error> {
        let rows = self.ledger.sales().await?;
        rows.into_iter()
            .find(|row| row.sale == *sale)
            .ok_or(Error::UnknownSale)
    }

    /// Every sale, the newest first.
    pub async fn sales(&self) -> Result<Vec<SaleInfo>, Error> {
        let rows = self.ledger.sales().await?;
        Ok(rows.iter().map(|row| self.info(row)).collect())
    }

    /// One sale. No I/O.
    pub fn sale(&self, sale: &SaleId) -> Result<SaleInfo, Error> {
        Ok(self.info(&self.room(sale)?.row))
    }

    fn info(&self, row: &SaleRow) -> SaleInfo {
        let snapshot = self.snapshot(&row.sale).ok();
        SaleInfo {
            sale: row.sale.clone(),
            title: row.title.clone(),
            description: row.description.clone(),
            price: row.price,
            units: row.units,
            limit_per_buyer: row.limit_per_buyer,
            opens_at: snapshot.as_ref().map_or(row.opens_at, |s| s.opens_at),
            phase: snapshot.map_or(Phase::Scheduled, |s| s.phase),
        }
    }
}

/// The fields of a sale's state in Redis as the ledger knows them. The tail is the one in `row.seen`.
pub(crate) fn meta_of(row: &SaleRow) -> Vec<(&'static str, String)> {
    let phase = match (&row.draw, row.ended_at) {
        (_, Some(_)) => Phase::Closed,
        (Some(_), None) => Phase::Open,
        (None, None) => Phase::Scheduled,
    };
    let drawn = row.draw.as_ref().map_or(0, |draw| draw.size);
    let tail = row.seen.tail.max(drawn);
    let mut meta = vec![
        ("lobby_at", row.lobby_at.to_string()),
        ("opens_at", row.opens_at.to_string()),
        ("draw_at", (row.opens_at + row.fold_in_ms).to_string()),
        ("fold_in", row.fold_in_ms.to_string()),
        ("rate", row.rate.to_string()),
        ("limit", row.limit_per_buyer.to_string()),
        ("frontier_at", row.opens_at.to_string()),
        ("tail", tail.to_string()),
        ("frontier", row.seen.frontier.to_string()),
    ];
    if let (Some(message), None) = (&row.paused, row.ended_at) {
        meta.extend([
            ("phase", Phase::Paused.as_str().to_owned()),
            ("paused_from", phase.as_str().to_owned()),
            ("message", message.clone()),
        ]);
    } else {
        meta.push(("phase", phase.as_str().to_owned()));
    }
    if let Some(draw) = &row.draw {
        meta.extend([
            ("size", draw.size.to_string()),
            ("transcript", draw.transcript.clone()),
            ("secret", to_hex(&row.draw_secret)),
            ("seed", draw.seed.clone()),
        ]);
        meta.extend(draw.beacon.iter().map(|value| ("beacon", value.clone())));
    }
    meta
}
