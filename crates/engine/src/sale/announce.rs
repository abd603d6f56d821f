//! Announcing a sale.

use crate::ledger::{SaleRow, Seen};
use crate::{Engine, Error, pay, room};
use protocol::digest::{sha256, to_hex};
use protocol::wire::{HoldPlan, NewSale, SaleInfo};

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
        let rate = new.rate.unwrap_or(self.settings.room.rate);
        let lobby_at = new.lobby_at.unwrap_or(now);
        check_words(Some(&new.title), Some(&new.description))?;
        check_rate(rate)?;
        check(
            (1..=1_000_000).contains(&new.units),
            "units is 1 to 1,000,000",
        )?;
        check(
            (1..=100).contains(&new.limit_per_buyer),
            "limit_per_buyer is 1 to 100",
        )?;
        check(
            (1..=99_999_999).contains(&new.price.minor),
            "price.minor is 1 to 99,999,999",
        )?;
        check_opening(lobby_at, new.opens_at, now)?;
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
}

/// Refuses what does not hold, and says what would.
fn check(holds: bool, what: &'static str) -> Result<(), Error> {
    holds.then_some(()).ok_or(Error::Unprocessable(what))
}

/// What a sale may say of itself.
pub(super) fn check_words(title: Option<&str>, description: Option<&str>) -> Result<(), Error> {
    check(
        title.is_none_or(|title| (1..=120).contains(&title.chars().count())),
        "title has 1 to 120 characters",
    )?;
    check(
        description.is_none_or(|description| description.chars().count() <= 500),
        "description has at most 500 characters",
    )
}

/// When a sale may open.
pub(super) fn check_opening(lobby_at: u64, opens_at: u64, now: u64) -> Result<(), Error> {
    check(opens_at >= now, "opens_at lies in the past")?;
    check(lobby_at <= opens_at, "lobby_at is not after opens_at")?;
    check(
        opens_at < now + 366 * 86_400_000,
        "opens_at is at most a year ahead",
    )
}

/// How fast people may be let in.
pub(super) fn check_rate(rate: u32) -> Result<(), Error> {
    check(
        (1..=100_000).contains(&rate),
        "rate is 1 to 100,000 admissions per second",
    )
}
