//! A shopper who does not give up: asks the other edge, waits, asks again, and remembers what was said.

use crate::stage::Stage;
use anyhow::{Context as _, Result, bail};
use protocol::digest::{from_hex, to_hex};
use protocol::{Rank, Snapshot, TicketNumber, proof};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// A shopper who waits longer than this for one answer has found a defect.
const PATIENCE: Duration = Duration::from_secs(60);
/// Before the same is asked again.
const PAUSE: Duration = Duration::from_millis(100);

/// What the whole crowd shares.
#[derive(Debug)]
pub(crate) struct Crowd {
    http: Client,
    urls: [String; 2],
    psp_url: String,
    sale: String,
    /// Everybody in the second half waits for this before joining.
    pub(crate) second_wave: Notify,
    /// Opened for good.
    second_wave_open: AtomicBool,
    /// How many have a place.
    pub(crate) joined: AtomicUsize,
    /// How many have a hold.
    pub(crate) authorized: AtomicUsize,
    /// How many were told "you got it".
    pub(crate) told: AtomicUsize,
    /// All units are told: whoever has none goes home.
    pub(crate) over: AtomicBool,
}

/// What one shopper remembers.
#[derive(Clone, Debug)]
pub(crate) struct Memory {
    /// The ticket.
    pub(crate) ticket: String,
    /// Its number.
    pub(crate) number: TicketNumber,
    /// The rank, as soon as it could be known.
    pub(crate) rank: Option<Rank>,
    /// The order and unit of "you got it".
    pub(crate) told: Option<(String, u64)>,
}

impl Crowd {
    /// A crowd at this stage.
    pub(crate) fn of(stage: &Stage, sale: &str) -> Result<Self> {
        Ok(Self {
            // It stands for a person at a browser.
            http: Client::builder()
                .user_agent("Mozilla/5.0 (compatible; chaos)")
                .timeout(Duration::from_secs(5))
                .build()?,
            urls: stage.urls.clone(),
            psp_url: stage.psp_url.clone(),
            sale: sale.to_owned(),
            second_wave: Notify::new(),
            second_wave_open: AtomicBool::new(false),
            joined: AtomicUsize::new(0),
            authorized: AtomicUsize::new(0),
            told: AtomicUsize::new(0),
            over: AtomicBool::new(false),
        })
    }

    /// Lets the second half come.
    pub(crate) fn let_second_wave_come(&self) {
        self.second_wave_open.store(true, Ordering::SeqCst);
        self.second_wave.notify_waiters();
    }

    /// One whole visit.
    pub(crate) async fn visit(&self, index: usize, in_second_wave: bool) -> Result<Memory> {
        while in_second_wave && !self.second_wave_open.load(Ordering::SeqCst) {
            drop(tokio::time::timeout(PAUSE, self.second_wave.notified()).await);
        }
        let mut memory = self.join(index).await.context("join")?;
        self.joined.fetch_add(1, Ordering::SeqCst);
        self.authorize(index, &memory).await.context("authorize")?;
        self.authorized.fetch_add(1, Ordering::SeqCst);
        self.buy(index, &mut memory).await.context("buy")?;
        Ok(memory)
    }

    async fn join(&self, index: usize) -> Result<Memory> {
        loop {
            let join = self.solve(index).await?;
            let joined = self
                .insist(index, Method::POST, "/tickets", None, Some(join))
                .await;
            let answer = match joined {
                // Redis forgot whether the puzzle was used: another one is solved, as a page does.
                Err(error) if error.to_string().contains("/problems/challenge_") => continue,
                answer => answer?,
            };
            return Ok(Memory {
                ticket: answer["ticket"].as_str().context("ticket")?.to_owned(),
                number: TicketNumber(answer["number"].as_u64().context("number")?),
                rank: None,
                told: None,
            });
        }
    }

    async fn solve(&self, index: usize) -> Result<Value> {
        let device = to_hex(&[index as u8; 32]);
        let body = json!({ "device": device });
        let puzzle = self
            .insist(index, Method::POST, "/challenge", None, Some(body))
            .await?;
        let word = |name: &str| {
            puzzle[name]
                .as_str()
                .map(str::to_owned)
                .context("challenge")
        };
        let number = |name: &str| puzzle[name].as_u64().context("challenge");
        let seed = from_hex(&word("seed")?).context("seed")?;
        let nonces = proof::solve(&seed, number("rounds")? as u8, number("difficulty")? as u8);
        Ok(json!({ "challenge": word("challenge")?, "nonces": nonces, "device": device }))
    }

    async fn authorize(&self, index: usize, memory: &Memory) -> Result<()> {
        let card = self.card(index).await?;
        let body = json!({ "payment_method": card, "email": format!("{index}@example.org") });
        let give_up = Instant::now() + PATIENCE;
        while Instant::now() < give_up {
            let ticket = Some(memory.ticket.as_str());
            let body = Some(body.clone());
            let answer = self
                .insist(index, Method::POST, "/authorizations", ticket, body)
                .await?;
            match answer["status"].as_str() {
                Some("authorized") => return Ok(()),
                Some("processing") => tokio::time::sleep(PAUSE).await,
                _ => bail!("{answer}"),
            }
        }
        bail!("no answer of the bank within {PATIENCE:?}")
    }

    async fn card(&self, index: usize) -> Result<String> {
        let number = good_card(index as u64);
        let form = [
            ("type", "card"),
            ("card[number]", number.as_str()),
            ("card[exp_month]", "12"),
            ("card[exp_year]", "2040"),
            ("card[cvc]", "123"),
        ];
        crate::until(PATIENCE, "a card", async || {
            let request = self
                .http
                .post(format!("{}/v1/payment_methods", self.psp_url))
                .bearer_auth("pk_test_sluice")
                .form(&form);
            let card: Value = request.send().await.ok()?.json().await.ok()?;
            card["id"].as_str().map(str::to_owned)
        })
        .await
    }

    /// Waits for the turn, buys, and goes home when everything is sold to others.
    async fn buy(&self, index: usize, memory: &mut Memory) -> Result<()> {
        let mut turn = index;
        while !self.over.load(Ordering::SeqCst) {
            turn += 1;
            if memory.rank.is_none() {
                memory.rank = self.rank(turn, memory.number).await;
            }
            let ticket = Some(memory.ticket.as_str());
            let pass = self.ask(turn, Method::POST, "/passes", ticket, None).await;
            if let Some((StatusCode::OK, pass)) = pass {
                let pass = pass["pass"].as_str().context("pass")?;
                let order = self
                    .ask(turn, Method::POST, "/orders", Some(pass), None)
                    .await;
                if let Some((StatusCode::OK | StatusCode::CREATED, order)) = &order {
                    let id = order["order"].as_str().context("order")?.to_owned();
                    memory.told = Some((id, order["unit"].as_u64().context("unit")?));
                    self.told.fetch_add(1, Ordering::SeqCst);
                    return Ok(());
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    /// The rank that the shopper's page would show now.
    pub(crate) async fn rank(&self, edge: usize, number: TicketNumber) -> Option<Rank> {
        self.status(edge).await?.rank_of(number)
    }

    /// The snapshot.
    pub(crate) async fn status(&self, edge: usize) -> Option<Snapshot> {
        let (_, body) = self.ask(edge, Method::GET, "/status", None, None).await?;
        serde_json::from_value(body).ok()
    }

    /// What the shop says of a ticket.
    pub(crate) async fn standing(&self, memory: &Memory) -> Result<Value> {
        let ticket = Some(memory.ticket.as_str());
        self.insist(0, Method::GET, "/tickets/me", ticket, None)
            .await
    }

    /// Asks both edges in turn until one says yes.
    pub(crate) async fn insist(
        &self,
        index: usize,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<Value>,
    ) -> Result<Value> {
        let give_up = Instant::now() + PATIENCE;
        let mut turn = index;
        loop {
            let answer = self
                .ask(turn, method.clone(), path, token, body.clone())
                .await;
            match answer {
                Some((status, body)) if status.is_success() => return Ok(body),
                Some((status, body)) if status.is_client_error() && status != 429 => {
                    bail!("{path}: {status} {body}")
                }
                last if Instant::now() > give_up => bail!("{path}: no answer: {last:?}"),
                _ => tokio::time::sleep(PAUSE).await,
            }
            turn += 1;
        }
    }

    /// Asks one edge; `None` when it does not answer.
    async fn ask(
        &self,
        turn: usize,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<Value>,
    ) -> Option<(StatusCode, Value)> {
        let edge = &self.urls[turn % 2];
        let url = format!("{edge}/api/v1/sales/{}{path}", self.sale);
        let mut request = self.http.request(method, url);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.ok()?;
        let status = answer.status();
        let body = answer.bytes().await.ok()?;
        Some((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
    }
}

/// The n-th of many cards that pay: 4242, eleven digits, and Luhn's check digit.
fn good_card(n: u64) -> String {
    let digits = format!("4242{n:011}");
    let worth = |(i, b): (usize, u8)| {
        let digit = u32::from(b - b'0');
        let doubled = if i % 2 == 0 { digit * 2 } else { digit };
        doubled / 10 + doubled % 10
    };
    let sum: u32 = digits.bytes().rev().enumerate().map(worth).sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}
