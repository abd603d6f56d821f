//! Sales as announced, and their draw once made.

use super::patience::InTime as _;
use super::{Ledger, Seen, sql, unsigned};
use crate::Error;
use crate::redis::Fence;
use crate::room::Beacon;
use protocol::digest::{from_hex, to_hex};
use protocol::transcript::Entry;
use protocol::wire::HoldPolicy;
use protocol::{Currency, Money, SaleId};
use sqlx::{FromRow, Row as _, any::AnyRow};
use std::fmt;

/// A draw that was made; hashes in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// Tickets in the lobby when it closed.
    pub size: u64,
    /// Root of the join transcript.
    pub transcript: String,
    /// The seed of the ranks.
    pub seed: String,
    /// The public beacon's value, when the sale uses one.
    pub beacon: Option<String>,
}

/// What a sale says of itself. It may be put in other words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// What is sold.
    pub title: String,
    /// A sentence about it.
    pub description: String,
}

/// One sale in the ledger.
#[derive(Clone)]
pub struct SaleRow {
    /// Its name.
    pub sale: SaleId,
    /// What is sold.
    pub title: String,
    /// A sentence about it.
    pub description: String,
    /// Price of one unit.
    pub price: Money,
    /// How many there are.
    pub units: u32,
    /// When the lobby opens, Unix ms.
    pub lobby_at: u64,
    /// The opening, Unix ms.
    pub opens_at: u64,
    /// From the opening to the draw, ms.
    pub fold_in_ms: u64,
    /// Admissions per second.
    pub rate: u32,
    /// Most units for one email or card; a browser buys one.
    pub limit_per_buyer: u32,
    /// The message that everyone reads while the operator holds the sale; `None` when it goes on.
    pub paused: Option<String>,
    /// The draw's secret, published only as its hash until the draw.
    pub draw_secret: [u8; 32],
    /// The draw, once made.
    pub draw: Option<Drawn>,
    /// The public beacon that is mixed into the seed, if this sale has one.
    pub beacon: Option<Beacon>,
    /// When cards are held.
    pub policy: HoldPolicy,
    /// How far the line was last seen to be.
    pub seen: Seen,
    /// Life of the Redis state.
    pub epoch: u64,
    /// When it was ended, if it was.
    pub ended_at: Option<u64>,
}

impl fmt::Debug for SaleRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Holds the draw's secret: what is printed is chosen, not derived.
        f.debug_struct("SaleRow")
            .field("sale", &self.sale)
            .field("epoch", &self.epoch)
            .finish_non_exhaustive()
    }
}

impl SaleRow {
    /// What it says of itself.
    pub fn words(&self) -> Words {
        Words {
            title: self.title.clone(),
            description: self.description.clone(),
        }
    }
}

impl FromRow<'_, AnyRow> for SaleRow {
    fn from_row(row: &AnyRow) -> Result<Self, sqlx::Error> {
        let unreadable = |column: &str| sqlx::Error::Decode(format!("sales.{column}").into());
        let number = |column: &str| row.try_get::<i64, _>(column).map(unsigned);
        let text = |column: &str| row.try_get::<String, _>(column);
        let draw = match row.try_get::<Option<i64>, _>("draw_size")? {
            Some(size) => Some(Drawn {
                size: unsigned(size),
                transcript: text("draw_transcript")?,
                seed: text("draw_seed")?,
                beacon: row.try_get("draw_beacon")?,
            }),
            None => None,
        };
        Ok(Self {
            sale: SaleId::parse(&text("sale")?).map_err(|_| unreadable("sale"))?,
            title: text("title")?,
            description: text("description")?,
            price: Money {
                minor: row.try_get("price_minor")?,
                currency: Currency::parse(&text("currency")?)
                    .map_err(|_| unreadable("currency"))?,
            },
            units: u32::try_from(number("units")?).map_err(|_| unreadable("units"))?,
            lobby_at: number("lobby_at")?,
            opens_at: number("opens_at")?,
            fold_in_ms: number("fold_in_ms")?,
            rate: u32::try_from(number("rate")?).map_err(|_| unreadable("rate"))?,
            limit_per_buyer: u32::try_from(number("limit_per_buyer")?)
                .map_err(|_| unreadable("limit_per_buyer"))?,
            paused: row.try_get("paused")?,
            draw_secret: from_hex(&text("draw_secret")?)
                .ok_or_else(|| unreadable("draw_secret"))?,
            draw,
            beacon: Beacon::of_line(&text("beacon")?),
            policy: text("policy")?.parse().map_err(|_| unreadable("policy"))?,
            seen: Seen {
                fence: Fence {
                    epoch: number("seen_epoch")?,
                    seq: number("seen_seq")?,
                },
                tail: number("seen_tail")?,
                frontier: number("seen_frontier")?,
            },
            epoch: number("epoch")?,
            ended_at: row.try_get::<Option<i64>, _>("ended_at")?.map(unsigned),
        })
    }
}

impl Ledger {
    /// Announces a sale; refuses a name that is taken.
    pub async fn announce(&self, row: SaleRow, now: u64) -> Result<(), Error> {
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    let inserted = sqlx::query(
                        "INSERT INTO sales (sale, title, description, price_minor, currency, units, lobby_at, opens_at,
                                            fold_in_ms, rate, draw_secret, epoch, created_at, limit_per_buyer, beacon,
                                            policy)
                         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
                         ON CONFLICT (sale) DO NOTHING",
                    )
                    .bind(row.sale.as_str())
                    .bind(&row.title)
                    .bind(&row.description)
                    .bind(row.price.minor)
                    .bind(row.price.currency.as_str())
                    .bind(i64::from(row.units))
                    .bind(sql(row.lobby_at))
                    .bind(sql(row.opens_at))
                    .bind(sql(row.fold_in_ms))
                    .bind(i64::from(row.rate))
                    .bind(to_hex(&row.draw_secret))
                    .bind(sql(row.epoch))
                    .bind(sql(now))
                    .bind(i64::from(row.limit_per_buyer))
                    .bind(row.beacon.as_ref().map(Beacon::line).unwrap_or_default())
                    .bind(row.policy.as_str())
                    .execute(db)
                    .await?;
                    if inserted.rows_affected() == 1 {
                        Ok(())
                    } else {
                        Err(Error::SaleExists)
                    }
                })
            })
            .await
    }

    /// One sale.
    pub async fn sale(&self, sale: &SaleId) -> Result<SaleRow, Error> {
        let row = sqlx::query_as("SELECT * FROM sales WHERE sale = $1")
            .bind(sale.as_str())
            .fetch_optional(&self.pool)
            .in_time()
            .await?;
        row.ok_or(Error::UnknownSale)
    }

    /// All sales, the newest first.
    pub async fn sales(&self) -> Result<Vec<SaleRow>, Error> {
        let rows = sqlx::query_as("SELECT * FROM sales ORDER BY created_at DESC, sale")
            .fetch_all(&self.pool)
            .in_time()
            .await?;
        Ok(rows)
    }

    /// The transcript that the draw was made from, as bytes; empty before the draw.
    pub async fn draw_entries(&self, sale: &SaleId) -> Result<Vec<u8>, Error> {
        let entries: Option<Option<Vec<u8>>> =
            sqlx::query_scalar("SELECT draw_entries FROM sales WHERE sale = $1")
                .bind(sale.as_str())
                .fetch_optional(&self.pool)
                .in_time()
                .await?;
        Ok(entries.flatten().unwrap_or_default())
    }

    /// Keeps the draw. It is made once: a second call changes nothing. Refuses another one, one of an earlier
    /// life, or one from a transcript that lacks a batch of the lobby ([`Error::Behind`]).
    pub(crate) async fn keep_draw(
        &self,
        sale: &SaleId,
        epoch: u64,
        draw: Drawn,
        entries: Vec<Entry>,
    ) -> Result<(), Error> {
        let sale = sale.clone();
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    super::line::live(db, &sale, epoch).await?;
                    super::line::holds_all(db, &sale, draw.size, &entries).await?;
                    let made: Option<String> =
                        sqlx::query_scalar("SELECT draw_seed FROM sales WHERE sale = $1")
                            .bind(sale.as_str())
                            .fetch_one(&mut *db)
                            .await?;
                    if made.is_some_and(|made| made != draw.seed) {
                        return Err(Error::Behind);
                    }
                    sqlx::query(
                        "UPDATE sales SET draw_size = $2, draw_transcript = $3, draw_seed = $4, draw_entries = $5,
                                draw_beacon = $6
                         WHERE sale = $1 AND draw_size IS NULL",
                    )
                    .bind(sale.as_str())
                    .bind(sql(draw.size))
                    .bind(draw.transcript)
                    .bind(draw.seed)
                    .bind(entries.iter().flat_map(Entry::bytes).collect::<Vec<u8>>())
                    .bind(draw.beacon)
                    .execute(db)
                    .await?;
                    Ok(())
                })
            })
            .await
    }
}
