//! The line: who has which place, who gave it back, and how far it was seen to be.
//!
//! A place is written here before its shopper is told. Three things make a number belong to one person, whatever
//! Redis forgets: a write of an older life is refused ([`live`]), runs of numbers never overlap, and a rebuild
//! reads only after it has ended the life before.

use super::patience::InTime as _;
use super::{Ledger, sql, unsigned};
use crate::Error;
use crate::redis::Fence;
use protocol::SaleId;
use protocol::TicketNumber;
use protocol::digest::Digest;
use protocol::ticket::Shopper;
use protocol::transcript::Entry;
use sqlx::{AnyConnection, Row as _, any::AnyRow};

/// Consecutive numbers and who has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The first number.
    pub first: u64,
    /// Who has it, and those after it.
    pub shoppers: Vec<Shopper>,
    /// The root over the joins of the batch that gave them out, when they are one batch.
    pub root: Option<Digest>,
}

/// How far the line was seen to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Life and age of the state.
    pub fence: Fence,
    /// Tickets issued.
    pub tail: u64,
    /// Ranks below it were called.
    pub frontier: u64,
}

impl Run {
    /// The number after the last one.
    pub fn end(&self) -> u64 {
        self.first + self.shoppers.len() as u64
    }

    /// Its entry in the transcript.
    pub fn entry(&self) -> Option<Entry> {
        Some(Entry {
            first: self.first,
            count: u32::try_from(self.shoppers.len()).ok()?,
            root: self.root?,
        })
    }

    fn read(row: &AnyRow) -> Result<Self, Error> {
        let bytes: Vec<u8> = row.try_get("shoppers")?;
        let (shoppers, rest) = bytes.as_chunks();
        if !rest.is_empty() {
            return Err(Error::Corrupt("places.shoppers"));
        }
        let root: Option<Vec<u8>> = row.try_get("root")?;
        let root = root.map(|root| root.try_into().map_err(|_| Error::Corrupt("places.root")));
        Ok(Self {
            first: unsigned(row.try_get("first_number")?),
            shoppers: shoppers.to_vec(),
            root: root.transpose()?,
        })
    }

    /// The numbers from `from` up to `to`, without a root.
    fn part(&self, from: u64, to: u64) -> Option<Self> {
        let (from, to) = (from.max(self.first), to.min(self.end()));
        (from < to).then(|| Self {
            first: from,
            shoppers: self.shoppers[(from - self.first) as usize..(to - self.first) as usize]
                .to_vec(),
            root: None,
        })
    }

    /// Does nobody else have one of these numbers there?
    fn agrees_with(&self, other: &Self) -> bool {
        let mine = self.part(other.first, other.end());
        let theirs = other.part(self.first, self.end());
        mine == theirs
    }
}

impl Ledger {
    /// Keeps places before their shoppers are told. Places that are kept already, for the same shoppers, stay as
    /// they are. Refuses all of them when the sale's life has ended ([`Error::Rebuilding`]) or a number has
    /// another owner ([`Error::NumberTaken`]).
    pub async fn keep_places(
        &self,
        sale: &SaleId,
        epoch: u64,
        runs: Vec<Run>,
    ) -> Result<(), Error> {
        let sale = sale.clone();
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    live(db, &sale, epoch).await?;
                    for run in &runs {
                        keep_run(db, &sale, epoch, run).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// At most `most` runs of places from this number on, in order.
    pub async fn places(&self, sale: &SaleId, from: u64, most: usize) -> Result<Vec<Run>, Error> {
        let rows = sqlx::query(
            "SELECT first_number, shoppers, root FROM places
             WHERE sale = $1 AND first_number >= $2 ORDER BY first_number LIMIT $3",
        )
        .bind(sale.as_str())
        .bind(sql(from))
        .bind(sql(most as u64))
        .fetch_all(&self.pool)
        .in_time()
        .await?;
        rows.iter().map(Run::read).collect()
    }

    /// The number after the highest that anybody was told.
    pub async fn places_end(&self, sale: &SaleId) -> Result<u64, Error> {
        let row = sqlx::query(
            "SELECT first_number, shoppers, root FROM places
             WHERE sale = $1 ORDER BY first_number DESC LIMIT 1",
        )
        .bind(sale.as_str())
        .fetch_optional(&self.pool)
        .in_time()
        .await?;
        Ok(row
            .as_ref()
            .map(Run::read)
            .transpose()?
            .map_or(0, |run| run.end()))
    }

    /// Keeps that a place was given back, in the life in which it was.
    pub(crate) async fn keep_departure(
        &self,
        sale: &SaleId,
        epoch: u64,
        number: TicketNumber,
    ) -> Result<(), Error> {
        let sale = sale.clone();
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    live(db, &sale, epoch).await?;
                    sqlx::query(
                        "INSERT INTO departures (sale, number) VALUES ($1, $2)
                         ON CONFLICT (sale, number) DO NOTHING",
                    )
                    .bind(sale.as_str())
                    .bind(sql(number.0))
                    .execute(db)
                    .await?;
                    Ok(())
                })
            })
            .await
    }

    /// The numbers that were given back.
    pub(crate) async fn departures(&self, sale: &SaleId) -> Result<Vec<u64>, Error> {
        let numbers: Vec<i64> =
            sqlx::query_scalar("SELECT number FROM departures WHERE sale = $1 ORDER BY number")
                .bind(sale.as_str())
                .fetch_all(&self.pool)
                .in_time()
                .await?;
        Ok(numbers.into_iter().map(unsigned).collect())
    }

    /// Keeps how far the line is; nothing of it goes back. `false` when the sale lives another life by now.
    pub async fn keep_seen(&self, sale: &SaleId, seen: Seen) -> Result<bool, Error> {
        let sale = sale.clone();
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    let kept = sqlx::query(
                        "UPDATE sales SET
                            seen_seq = CASE WHEN seen_epoch < $2 OR seen_seq < $3 THEN $3 ELSE seen_seq END,
                            seen_epoch = $2,
                            seen_tail = CASE WHEN seen_tail < $4 THEN $4 ELSE seen_tail END,
                            seen_frontier = CASE WHEN seen_frontier < $5 THEN $5 ELSE seen_frontier END
                         WHERE sale = $1 AND epoch = $2",
                    )
                    .bind(sale.as_str())
                    .bind(sql(seen.fence.epoch))
                    .bind(sql(seen.fence.seq))
                    .bind(sql(seen.tail))
                    .bind(sql(seen.frontier))
                    .execute(db)
                    .await?;
                    Ok(kept.rows_affected() == 1)
                })
            })
            .await
    }

    /// The life that the sale's Redis state should live.
    pub(crate) async fn epoch(&self, sale: &SaleId) -> Result<u64, Error> {
        let epoch: Option<i64> = sqlx::query_scalar("SELECT epoch FROM sales WHERE sale = $1")
            .bind(sale.as_str())
            .fetch_optional(&self.pool)
            .in_time()
            .await?;
        epoch.map(unsigned).ok_or(Error::UnknownSale)
    }

    /// Ends this life of the sale's Redis state and answers the next one; `None` when it has ended already.
    pub async fn next_epoch(&self, sale: &SaleId, ended: u64) -> Result<Option<u64>, Error> {
        let sale = sale.clone();
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    let next = sqlx::query(
                        "UPDATE sales SET epoch = epoch + 1 WHERE sale = $1 AND epoch = $2",
                    )
                    .bind(sale.as_str())
                    .bind(sql(ended))
                    .execute(db)
                    .await?;
                    Ok((next.rows_affected() == 1).then_some(ended + 1))
                })
            })
            .await
    }
}

/// Refuses what was decided in an earlier life of the sale: a rebuild has read, or is about to read, what stands.
pub(super) async fn live(db: &mut AnyConnection, sale: &SaleId, epoch: u64) -> Result<(), Error> {
    // Until this transaction has ended nobody begins another life, and no other edge writes of this one: what is
    // read after this stands. SQLite has one writer at a time anyway.
    let asked = match db.backend_name() {
        "SQLite" => "SELECT epoch FROM sales WHERE sale = $1",
        _ => "SELECT epoch FROM sales WHERE sale = $1 FOR NO KEY UPDATE",
    };
    let current: Option<i64> = sqlx::query_scalar(asked)
        .bind(sale.as_str())
        .fetch_optional(db)
        .await?;
    match current.map(unsigned) {
        Some(current) if current == epoch => Ok(()),
        Some(_) => Err(Error::Rebuilding),
        None => Err(Error::UnknownSale),
    }
}

/// Is every batch of the lobby that anybody was told of among these entries?
pub(super) async fn holds_all(
    db: &mut AnyConnection,
    sale: &SaleId,
    size: u64,
    entries: &[Entry],
) -> Result<(), Error> {
    let rows = sqlx::query(
        "SELECT first_number, shoppers, root FROM places
         WHERE sale = $1 AND first_number < $2 AND root IS NOT NULL",
    )
    .bind(sale.as_str())
    .bind(sql(size))
    .fetch_all(db)
    .await?;
    for row in &rows {
        let told = Run::read(row)?.entry();
        let at = told.map(|told| entries.binary_search_by_key(&told.first, |entry| entry.first));
        let found = at.and_then(Result::ok).and_then(|at| entries.get(at));
        if found != told.as_ref() {
            return Err(Error::Behind);
        }
    }
    Ok(())
}

async fn keep_run(
    db: &mut AnyConnection,
    sale: &SaleId,
    epoch: u64,
    run: &Run,
) -> Result<(), Error> {
    let known = overlapping(db, sale, run).await?;
    if known.iter().any(|other| !run.agrees_with(other)) {
        return Err(Error::NumberTaken);
    }
    if run.root.is_none() {
        // Only what nobody has written yet.
        let mut from = run.first;
        for other in &known {
            if let Some(gap) = run.part(from, other.first) {
                insert(db, sale, epoch, &gap).await?;
            }
            from = other.end();
        }
        if let Some(rest) = run.part(from, run.end()) {
            insert(db, sale, epoch, &rest).await?;
        }
        return Ok(());
    }
    if known.iter().any(|other| other == run) {
        return Ok(());
    }
    // Somebody of the batch has asked again and was first: those numbers join the batch they came from.
    for other in &known {
        if other.root.is_some() {
            return Err(Error::NumberTaken);
        }
        sqlx::query("DELETE FROM places WHERE sale = $1 AND first_number = $2")
            .bind(sale.as_str())
            .bind(sql(other.first))
            .execute(&mut *db)
            .await?;
        let beside = [other.part(0, run.first), other.part(run.end(), u64::MAX)];
        for part in beside.into_iter().flatten() {
            insert(db, sale, epoch, &part).await?;
        }
    }
    insert(db, sale, epoch, run).await
}

/// Runs that share a number with this one, in order. As runs never overlap, at most one of them begins earlier.
async fn overlapping(db: &mut AnyConnection, sale: &SaleId, run: &Run) -> Result<Vec<Run>, Error> {
    let rows = sqlx::query(
        "SELECT first_number, shoppers, root FROM places
         WHERE sale = $1 AND first_number < $3 AND first_number >= COALESCE(
            (SELECT MAX(first_number) FROM places WHERE sale = $1 AND first_number <= $2), 0)
         ORDER BY first_number",
    )
    .bind(sale.as_str())
    .bind(sql(run.first))
    .bind(sql(run.end()))
    .fetch_all(db)
    .await?;
    let runs: Vec<Run> = rows.iter().map(Run::read).collect::<Result<_, _>>()?;
    Ok(runs
        .into_iter()
        .filter(|other| other.end() > run.first)
        .collect())
}

async fn insert(db: &mut AnyConnection, sale: &SaleId, epoch: u64, run: &Run) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO places (sale, first_number, shoppers, root, epoch) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(sale.as_str())
    .bind(sql(run.first))
    .bind(run.shoppers.concat())
    .bind(run.root.map(|root| root.to_vec()))
    .bind(sql(epoch))
    .execute(db)
    .await?;
    Ok(())
}
