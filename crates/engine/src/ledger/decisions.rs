//! What the gate decided about whom, for the operator to read and to set right. Gone a day after the sale is over.

use super::patience::InTime as _;
use super::{Ledger, sql, unsigned};
use crate::Error;
use crate::gate::{Reasons, Who};
use protocol::SaleId;
use protocol::digest::{from_hex, to_hex};
use protocol::wire::Decision;
use sqlx::{AnyConnection, Row as _, any::AnyRow};

/// Most entries of one sale.
const MOST: i64 = 10_000;
/// Most that are read at once.
const PAGE: i64 = 100;
/// Most shoppers of one sale that are cleared.
const MOST_CLEARED: i64 = 1_000;

/// The same decision about the same shopper, and how often it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// About whom.
    pub who: Who,
    /// What was noticed.
    pub reasons: Reasons,
    /// The sum of it.
    pub suspicion: u8,
    /// How often.
    pub times: u64,
    /// The first time, Unix ms.
    pub first_at: u64,
    /// The last time, Unix ms.
    pub last_at: u64,
}

impl Ledger {
    /// Keeps them; tells how many had no room.
    pub(crate) async fn keep_decisions(
        &self,
        sale: &SaleId,
        noted: Vec<Noted>,
    ) -> Result<u64, Error> {
        let sale = sale.clone();
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    let kept: i64 =
                        sqlx::query_scalar("SELECT COUNT(*) FROM decisions WHERE sale = $1")
                            .bind(sale.as_str())
                            .fetch_one(&mut *db)
                            .await?;
                    let mut room = MOST - kept;
                    let mut lost = 0;
                    for one in &noted {
                        if add_to(db, &sale, one).await? {
                            continue;
                        }
                        if room > 0 {
                            begin(db, &sale, one).await?;
                            room -= 1;
                        } else {
                            lost += one.times;
                        }
                    }
                    Ok(lost)
                })
            })
            .await
    }

    /// The latest first, a hundred at a time.
    pub(crate) async fn decisions(&self, sale: &SaleId, from: u32) -> Result<Vec<Decision>, Error> {
        let rows = sqlx::query(
            "SELECT d.who, d.reasons, d.suspicion, d.times, d.first_at, d.last_at, c.at AS cleared_at
             FROM decisions d LEFT JOIN clearances c ON c.sale = d.sale AND c.who = d.who
             WHERE d.sale = $1 ORDER BY d.last_at DESC, d.who, d.reasons LIMIT $2 OFFSET $3",
        )
        .bind(sale.as_str())
        .bind(PAGE)
        .bind(i64::from(from))
        .fetch_all(&self.pool)
        .in_time()
        .await?;
        Ok(rows
            .iter()
            .map(decision)
            .collect::<Result<Vec<_>, sqlx::Error>>()?)
    }

    /// Holds nothing against this shopper from now on. Refuses one about whom nothing was decided.
    pub(crate) async fn clear(&self, sale: &SaleId, who: Who, now: u64) -> Result<(), Error> {
        let sale = sale.clone();
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    let about: i64 = sqlx::query_scalar(
                        "SELECT COUNT(*) FROM decisions WHERE sale = $1 AND who = $2",
                    )
                    .bind(sale.as_str())
                    .bind(to_hex(&who.0))
                    .fetch_one(&mut *db)
                    .await?;
                    if about == 0 {
                        return Err(Error::Unprocessable(
                            "nothing was decided about this shopper",
                        ));
                    }
                    sqlx::query(
                        "INSERT INTO clearances (sale, who, at) VALUES ($1, $2, $3)
                         ON CONFLICT (sale, who) DO NOTHING",
                    )
                    .bind(sale.as_str())
                    .bind(to_hex(&who.0))
                    .bind(sql(now))
                    .execute(db)
                    .await?;
                    Ok(())
                })
            })
            .await
    }

    /// Whom the operator has cleared; the latest, when they are very many.
    pub(crate) async fn cleared(&self, sale: &SaleId) -> Result<Vec<Who>, Error> {
        let names: Vec<String> = sqlx::query_scalar(
            "SELECT who FROM clearances WHERE sale = $1 ORDER BY at DESC LIMIT $2",
        )
        .bind(sale.as_str())
        .bind(MOST_CLEARED)
        .fetch_all(&self.pool)
        .in_time()
        .await?;
        Ok(names
            .iter()
            .filter_map(|name| from_hex(name).map(Who))
            .collect())
    }

    /// Forgets what was decided until then.
    pub(crate) async fn forget_decisions(&self, sale: &SaleId, until: u64) -> Result<(), Error> {
        // Sales that are over for long are looked at for ever, and written to no more.
        let old: Option<i64> = sqlx::query_scalar(
            "SELECT 1 FROM decisions WHERE sale = $1 AND last_at <= $2
             UNION ALL SELECT 1 FROM clearances WHERE sale = $1 AND at <= $2 LIMIT 1",
        )
        .bind(sale.as_str())
        .bind(sql(until))
        .fetch_optional(&self.pool)
        .in_time()
        .await?;
        if old.is_none() {
            return Ok(());
        }
        let sale = sale.clone();
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    for table in [
                        "DELETE FROM decisions WHERE sale = $1 AND last_at <= $2",
                        "DELETE FROM clearances WHERE sale = $1 AND at <= $2",
                    ] {
                        sqlx::query(table)
                            .bind(sale.as_str())
                            .bind(sql(until))
                            .execute(&mut *db)
                            .await?;
                    }
                    Ok(())
                })
            })
            .await
    }
}

/// Adds to an entry; `false` when there is none.
async fn add_to(db: &mut AnyConnection, sale: &SaleId, one: &Noted) -> Result<bool, Error> {
    let added = sqlx::query(
        "UPDATE decisions SET times = times + $4, last_at = $5, suspicion = $6
         WHERE sale = $1 AND who = $2 AND reasons = $3",
    )
    .bind(sale.as_str())
    .bind(to_hex(&one.who.0))
    .bind(one.reasons.names())
    .bind(sql(one.times))
    .bind(sql(one.last_at))
    .bind(i64::from(one.suspicion))
    .execute(db)
    .await?;
    Ok(added.rows_affected() == 1)
}

/// Begins an entry; another edge may have begun it a moment ago.
async fn begin(db: &mut AnyConnection, sale: &SaleId, one: &Noted) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO decisions (sale, who, reasons, suspicion, times, first_at, last_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (sale, who, reasons) DO UPDATE SET times = decisions.times + excluded.times,
             last_at = excluded.last_at",
    )
    .bind(sale.as_str())
    .bind(to_hex(&one.who.0))
    .bind(one.reasons.names())
    .bind(i64::from(one.suspicion))
    .bind(sql(one.times))
    .bind(sql(one.first_at))
    .bind(sql(one.last_at))
    .execute(db)
    .await?;
    Ok(())
}

fn decision(row: &AnyRow) -> Result<Decision, sqlx::Error> {
    let number = |column: &str| row.try_get::<i64, _>(column).map(unsigned);
    let reasons: String = row.try_get("reasons")?;
    Ok(Decision {
        who: row.try_get("who")?,
        reasons: reasons.split(' ').map(str::to_owned).collect(),
        suspicion: number("suspicion")?.min(100) as u8,
        times: number("times")?,
        first_at: number("first_at")?,
        last_at: number("last_at")?,
        cleared: row.try_get::<Option<i64>, _>("cleared_at")?.is_some(),
    })
}
