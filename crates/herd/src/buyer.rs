//! Somebody who is about to click Buy: has joined, has a card held, was called and has a pass.

use crate::card;
use crate::wire::{self, Reply, Wire};
use anyhow::{Context as _, Result, bail};
use protocol::SaleId;
use protocol::digest::{tagged, to_hex};
use serde::Serialize;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Before the same is asked again.
const PAUSE: Duration = Duration::from_millis(50);
/// Whoever waits longer than this for one step has found a defect.
const PATIENCE: Duration = Duration::from_secs(600);

/// Where buyers come from: one connection to the shop and one to its payment provider.
#[derive(Debug)]
pub struct Door {
    shop: Wire,
    provider: Wire,
    authority: String,
    provider_authority: String,
}

impl Door {
    /// Connects to both, each `host:port`.
    pub async fn open(authority: &str, provider: &str) -> Result<Self> {
        Ok(Self {
            shop: Wire::open(authority).await?,
            provider: Wire::open(provider).await?,
            authority: authority.to_owned(),
            provider_authority: provider.to_owned(),
        })
    }

    /// Joins, and has a card held; the ticket. The server's proofs of work have difficulty 0.
    pub async fn enter(&mut self, sale: &SaleId, index: u64) -> Result<String> {
        let device = to_hex(&tagged("herd/device/v1", &[&index.to_be_bytes()]));
        let ask = json!({ "device": device });
        let challenge = self.insist(sale, "/challenge", None, &ask).await?;
        let rounds = challenge["rounds"].as_u64().context("rounds")?;
        let join = json!({
            "challenge": challenge["challenge"], "nonces": vec![0; rounds as usize], "device": device,
        });
        let joined = self.insist(sale, "/tickets", None, &join).await?;
        let ticket = text(&joined, "ticket")?;
        let authorize = json!({
            "payment_method": self.card(index).await?, "email": format!("{index}@herd.example"),
        });
        let give_up = Instant::now() + PATIENCE;
        loop {
            let hold = self
                .insist(sale, "/authorizations", Some(&ticket), &authorize)
                .await?;
            match hold["status"].as_str() {
                Some("authorized") => return Ok(ticket),
                Some("processing") if Instant::now() < give_up => sleep(PAUSE).await,
                _ => bail!("the card was not held: {hold}"),
            }
        }
    }

    /// Waits for the turn; the pass.
    pub async fn pass(&mut self, sale: &SaleId, ticket: &str) -> Result<String> {
        let pass = self
            .insist(sale, "/passes", Some(ticket), &json!({}))
            .await?;
        text(&pass, "pass")
    }

    async fn card(&mut self, index: u64) -> Result<String> {
        let body = format!(
            "type=card&card[number]={}&card[exp_month]=12&card[exp_year]=2040&card[cvc]=123",
            card::number(index)
        );
        let authority = &self.provider_authority;
        let request = format!(
            "POST /v1/payment_methods HTTP/1.1\r\nhost: {authority}\r\nauthorization: Bearer pk_test_sluice\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let reply = self.provider.ask(request.as_bytes()).await?;
        text(&read(&reply)?, "id")
    }

    /// Asks again while the shop is busy, or it is too early.
    async fn insist(
        &mut self,
        sale: &SaleId,
        path: &str,
        bearer: Option<&str>,
        body: &impl Serialize,
    ) -> Result<Value> {
        let request = request(&self.authority, sale, path, bearer, body)?;
        let give_up = Instant::now() + PATIENCE;
        loop {
            let reply = self.shop.ask(&request).await?;
            match reply.status {
                200..300 => return read(&reply),
                // Too early is 425; before the draw there is no turn to wait for.
                409 | 425 | 429 | 503 if Instant::now() < give_up => sleep(PAUSE).await,
                status => bail!("{path}: {status} {}", String::from_utf8_lossy(&reply.body)),
            }
        }
    }
}

/// The bytes of a request to a route of the sale.
pub fn request(
    authority: &str,
    sale: &SaleId,
    path: &str,
    bearer: Option<&str>,
    body: &impl Serialize,
) -> Result<Vec<u8>> {
    let path = format!("/api/v1/sales/{sale}{path}");
    let body = serde_json::to_vec(body)?;
    Ok(match bearer {
        Some(bearer) => wire::post_json_as(authority, &path, bearer, &body),
        None => wire::post_json(authority, &path, &body),
    })
}

/// The body of an answer.
pub fn read(reply: &Reply) -> Result<Value> {
    serde_json::from_slice(&reply.body)
        .with_context(|| String::from_utf8_lossy(&reply.body).into_owned())
}

fn text(body: &Value, name: &str) -> Result<String> {
    let word = body[name].as_str().map(str::to_owned);
    word.with_context(|| format!("no {name} in {body}"))
}
