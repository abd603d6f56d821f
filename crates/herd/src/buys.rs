//! `herd buys`: Buy is clicked by far more people than there are units, straight at its route, each with a pass of
//! their own; and then by one shopper a thousand times at once.
//!
//! The way there is long and goes at its own pace: everybody joins, has a card held and is called, and nobody buys
//! until all have a pass. Then all requests are sent, each once.

use crate::buyer::{self, Door};
use crate::cli::BuysArgs;
use crate::client::Client;
use crate::clock::unix_ms;
use crate::edge::{Edge, Ready};
use crate::operator::{LedgerAudit, Operator};
use crate::tally::Tally;
use crate::verdict;
use crate::volley::fire;
use crate::wire::Reply;
use anyhow::{Context as _, Result, ensure};
use protocol::wire::NewSale;
use protocol::{Currency, Money, SaleId};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Connections over which people get their passes.
const DOORS: u64 = 256;
/// Units of the sale in which one shopper clicks again and again.
const UNITS_OF_ONE: u32 = 5;

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// People with a pass of their own.
    pub passes: u64,
    /// Units of the sale.
    pub units: u64,
    /// How many heard what: the status, and the problem's type.
    pub answers: BTreeMap<String, u64>,
    /// Different orders that were told.
    pub orders: u64,
    /// Different units in them.
    pub units_told: u64,
    /// Answers that are neither an order nor 409.
    pub errors: u64,
    /// From the first click to the last answer, s.
    pub seconds: f64,
    /// Answers per second.
    pub per_second: f64,
    /// Clicks of the one shopper, all at once.
    pub clicks_of_one: u64,
    /// Different bodies they were answered with, but for how far the payment is.
    pub bodies_of_one: u64,
    /// Orders that the ledger counts.
    pub ledger_orders: u64,
    /// Units beyond those of the sale.
    pub oversold: u64,
    /// Each unit told once, all of them sold, nobody heard anything else, and one click is as good as a thousand.
    pub ok: bool,
}

/// Runs the command and prints the result.
pub fn main(args: &BuysArgs) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let report = runtime.block_on(run(args))?;
    let text = match args.json {
        true => serde_json::to_string(&report)? + "\n",
        false => format!("{report:#?}\n"),
    };
    Ok(verdict::print(&text, report.ok))
}

/// Starts a server of its own, and plays both.
pub async fn run(args: &BuysArgs) -> Result<Report> {
    let (edge, ready) = Edge::start(&settings(args)).await?;
    let played = play(args, &ready).await;
    if !played.as_ref().is_ok_and(|report| report.ok) {
        edge.print_log();
    }
    edge.stop().await;
    played
}

fn settings(args: &BuysArgs) -> Vec<(&'static str, String)> {
    let day_ms = 86_400_000;
    [
        ("SLUICE_GATE__DIFFICULTY", 0),
        ("SLUICE_ROOM__FOLD_IN_MS", 0),
        ("SLUICE_ROOM__ACTIVE_MAX", u64::from(args.passes) + 1),
        ("SLUICE_ROOM__PASS_TTL_MS", day_ms),
        ("SLUICE_PAYMENT__CALLS_PER_S", 10_000),
        ("SLUICE_PAYMENT__CONCURRENCY", 64),
    ]
    .map(|(name, value)| (name, value.to_string()))
    .into()
}

async fn play(args: &BuysArgs, ready: &Ready) -> Result<Report> {
    let client = Client::new(
        &ready.url,
        4,
        Duration::from_secs(60),
        Arc::new(Tally::default()),
    )?;
    let operator = Operator::login(client, &ready.operator_password).await?;
    let venue = Venue {
        authority: ready.url.trim_start_matches("http://").to_owned(),
        provider: ready.psp_url.trim_start_matches("http://").to_owned(),
        connections: args.connections as usize,
        operator,
    };
    let of_one = venue.one_shopper(args.clicks).await?;
    let sale = SaleId::parse("herd-buys")?;
    let passes = venue.passes(&sale, args.units, args.passes).await?;
    eprintln!("buys: {} passes, {} units", passes.len(), args.units);
    let (replies, took) = venue.buy(&sale, &passes).await?;
    let audit = venue.operator.audit(&sale).await?;
    Ok(report(args, &replies, took, &of_one, &audit))
}

/// A server of our own, its operator, and its payment provider.
struct Venue {
    authority: String,
    provider: String,
    connections: usize,
    operator: Operator,
}

impl Venue {
    /// Everybody's pass to a new sale.
    async fn passes(&self, sale: &SaleId, units: u32, people: u32) -> Result<Vec<String>> {
        self.operator.announce(&new_sale(sale, units)?).await?;
        let name = sale.clone();
        let entering = self.everybody(people, "have a card held", move |door, index| {
            let name = name.clone();
            Box::pin(async move { door.enter(&name, index).await })
        });
        let tickets = Arc::new(entering.await?);
        self.operator.open(sale).await?;
        let name = sale.clone();
        self.everybody(people, "have a pass", move |door, index| {
            let (name, tickets) = (name.clone(), Arc::clone(&tickets));
            Box::pin(async move { door.pass(&name, &tickets[index as usize]).await })
        })
        .await
    }

    /// Lets each of so many people do something at a door; what came of it, by person.
    async fn everybody<F>(&self, people: u32, what: &str, act: F) -> Result<Vec<String>>
    where
        F: for<'a> Fn(&'a mut Door, u64) -> futures::future::BoxFuture<'a, Result<String>>
            + Clone
            + Send
            + 'static,
    {
        let (next, people) = (Arc::new(AtomicU64::new(0)), u64::from(people));
        let mut doors = JoinSet::new();
        for _ in 0..DOORS.min(people) {
            let mut door = Door::open(&self.authority, &self.provider).await?;
            let (next, act, what) = (Arc::clone(&next), act.clone(), what.to_owned());
            doors.spawn(async move {
                let mut done = Vec::new();
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= people {
                        return anyhow::Ok(done);
                    }
                    if index > 0 && index % 10_000 == 0 {
                        eprintln!("buys: {index} of {people} {what}");
                    }
                    done.push((index, act(&mut door, index).await?));
                }
            });
        }
        let mut all = BTreeMap::new();
        while let Some(done) = doors.join_next().await {
            all.extend(done.context("a door panicked")??);
        }
        Ok(all.into_values().collect())
    }

    /// One click for each pass, and how long all of them took.
    async fn buy(&self, sale: &SaleId, passes: &[String]) -> Result<(Vec<Reply>, Duration)> {
        let click = |pass: &String| {
            let body = serde_json::json!({});
            buyer::request(&self.authority, sale, "/orders", Some(pass), &body)
        };
        let clicks = passes.iter().map(click).collect::<Result<_>>()?;
        let began = Instant::now();
        let replies = fire(&self.authority, clicks, self.connections).await?;
        Ok((replies, began.elapsed()))
    }

    /// One shopper clicks so often, all at once.
    async fn one_shopper(&self, clicks: u32) -> Result<Vec<Reply>> {
        let sale = SaleId::parse("herd-one")?;
        let pass = self.passes(&sale, UNITS_OF_ONE, 1).await?;
        let pass = pass.first().context("no pass")?.clone();
        let (replies, _) = self.buy(&sale, &vec![pass; clicks as usize]).await?;
        let sold = self.operator.audit(&sale).await?.orders;
        ensure!(sold == 1, "one shopper has {sold} orders");
        Ok(replies)
    }
}

fn report(
    args: &BuysArgs,
    replies: &[Reply],
    took: Duration,
    of_one: &[Reply],
    audit: &LedgerAudit,
) -> Report {
    let mut answers = BTreeMap::new();
    let (mut orders, mut units) = (BTreeSet::new(), BTreeSet::new());
    let (mut told, mut errors) = (0, 0);
    for reply in replies {
        let body = buyer::read(reply).unwrap_or(Value::Null);
        let kind = body["type"].as_str().unwrap_or_default();
        let heard = format!("{} {kind}", reply.status);
        *answers.entry(heard.trim_end().to_owned()).or_default() += 1;
        match reply.status {
            201 => {
                told += 1;
                orders.insert(body["order"].to_string());
                units.insert(body["unit"].to_string());
            }
            409 => {}
            _ => errors += 1,
        }
    }
    let bodies: BTreeSet<String> = of_one.iter().map(unpaid).collect();
    let (passes, available) = (u64::from(args.passes), u64::from(args.units));
    let sold = passes.min(available);
    let counts = [told, orders.len() as u64, units.len() as u64, audit.orders];
    let seconds = took.as_secs_f64();
    Report {
        passes,
        units: available,
        answers,
        orders: orders.len() as u64,
        units_told: units.len() as u64,
        errors,
        seconds,
        per_second: replies.len() as f64 / seconds,
        clicks_of_one: of_one.len() as u64,
        bodies_of_one: bodies.len() as u64,
        ledger_orders: audit.orders,
        oversold: audit.oversold,
        ok: counts.iter().all(|count| *count == sold)
            && errors == 0
            && audit.oversold == 0
            && bodies.len() == 1,
    }
}

/// The order as it was told, without how far its payment is: that goes on between two clicks.
fn unpaid(reply: &Reply) -> String {
    let mut body = buyer::read(reply).unwrap_or(Value::Null);
    if let Some(order) = body
        .as_object_mut()
        .filter(|_| (200..300).contains(&reply.status))
    {
        order.remove("status");
        order.remove("captured_at");
    }
    body.to_string()
}

fn new_sale(sale: &SaleId, units: u32) -> Result<NewSale> {
    Ok(NewSale {
        sale: sale.clone(),
        title: "A sale for those who click".to_owned(),
        description: String::new(),
        price: Money {
            minor: 12_900,
            currency: Currency::parse("EUR")?,
        },
        units,
        lobby_at: None,
        // The operator opens it when everybody is there.
        opens_at: unix_ms() + 86_400_000,
        rate: Some(100_000),
        limit_per_buyer: 1,
        policy: None,
        expected: None,
    })
}
