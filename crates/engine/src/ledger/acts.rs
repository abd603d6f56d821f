//! What the operator did, and what it changed of the sale: the audit log.

use super::patience::InTime as _;
use super::{Ledger, Words, sql, unsigned};
use crate::Error;
use protocol::SaleId;
use protocol::wire::LoggedAct;
use sqlx::{AnyConnection, Row as _, any::AnyRow};

/// Most acts that are read at once.
const PAGE: i64 = 100;

const SET_PAUSED: &str = "UPDATE sales SET paused = $2 WHERE sale = $1";

impl Ledger {
    /// Keeps what the operator did, and what it changed of the sale: a rebuilt Redis goes on from there. What was
    /// done in a life of Redis (`epoch`) that has ended is refused ([`Error::Rebuilding`]): the rebuild has read
    /// the sale without it. Acts that change nothing in Redis belong to no life.
    pub async fn keep_act(
        &self,
        sale: &SaleId,
        act: &'static str,
        detail: String,
        epoch: Option<u64>,
        now: u64,
    ) -> Result<(), Error> {
        let sale = sale.clone();
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    if let Some(epoch) = epoch {
                        super::line::live(db, &sale, epoch).await?;
                    }
                    if let Some((change, value)) = change_of(act, &detail, now) {
                        sqlx::query(change)
                            .bind(sale.as_str())
                            .bind(value)
                            .execute(&mut *db)
                            .await?;
                    }
                    log(db, &sale, act, &detail, now).await
                })
            })
            .await
    }

    /// Puts the sale in these words.
    pub(crate) async fn reword(&self, sale: &SaleId, words: Words, now: u64) -> Result<(), Error> {
        let sale = sale.clone();
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    let Words { title, description } = &words;
                    sqlx::query("UPDATE sales SET title = $2, description = $3 WHERE sale = $1")
                        .bind(sale.as_str())
                        .bind(title)
                        .bind(description)
                        .execute(&mut *db)
                        .await?;
                    log(db, &sale, "reword", &format!("{title}: {description}"), now).await
                })
            })
            .await
    }

    /// What was done to a sale, the latest first, a hundred at a time.
    pub(crate) async fn acts(&self, sale: &SaleId, from: u32) -> Result<Vec<LoggedAct>, Error> {
        let rows = sqlx::query(
            "SELECT at, act, detail FROM audit_log WHERE sale = $1 ORDER BY id DESC LIMIT $2 OFFSET $3",
        )
        .bind(sale.as_str())
        .bind(PAGE)
        .bind(i64::from(from))
        .fetch_all(&self.pool)
        .in_time()
        .await?;
        Ok(rows
            .iter()
            .map(logged)
            .collect::<Result<Vec<_>, sqlx::Error>>()?)
    }

    /// What the log keeps of one kind of act on a sale, oldest first.
    pub(crate) async fn logged(&self, sale: &SaleId, act: &str) -> Result<Vec<String>, Error> {
        let rows = sqlx::query_scalar(
            "SELECT detail FROM audit_log WHERE sale = $1 AND act = $2 ORDER BY id",
        )
        .bind(sale.as_str())
        .bind(act)
        .fetch_all(&self.pool)
        .in_time()
        .await?;
        Ok(rows)
    }
}

/// What an act changes of the sale's row, and the value for it.
fn change_of(act: &str, detail: &str, now: u64) -> Option<(&'static str, Option<String>)> {
    Some(match act {
        "open" => (
            "UPDATE sales SET opens_at = CAST($2 AS BIGINT) WHERE sale = $1 AND opens_at > CAST($2 AS BIGINT)",
            Some(now.to_string()),
        ),
        "open_at" => (
            "UPDATE sales SET opens_at = CAST($2 AS BIGINT) WHERE sale = $1",
            Some(detail.to_owned()),
        ),
        "pause" => (SET_PAUSED, Some(detail.to_owned())),
        "resume" => (SET_PAUSED, None),
        "rate" => (
            "UPDATE sales SET rate = CAST($2 AS BIGINT) WHERE sale = $1",
            Some(detail.to_owned()),
        ),
        "end" => (
            "UPDATE sales SET ended_at = COALESCE(ended_at, CAST($2 AS BIGINT)) WHERE sale = $1",
            Some(now.to_string()),
        ),
        _ => return None,
    })
}

async fn log(
    db: &mut AnyConnection,
    sale: &SaleId,
    act: &str,
    detail: &str,
    now: u64,
) -> Result<(), Error> {
    sqlx::query("INSERT INTO audit_log (at, sale, act, detail) VALUES ($1, $2, $3, $4)")
        .bind(sql(now))
        .bind(sale.as_str())
        .bind(act)
        .bind(detail)
        .execute(db)
        .await?;
    Ok(())
}

fn logged(row: &AnyRow) -> Result<LoggedAct, sqlx::Error> {
    Ok(LoggedAct {
        at: unsigned(row.try_get("at")?),
        act: row.try_get("act")?,
        detail: row.try_get("detail")?,
    })
}
