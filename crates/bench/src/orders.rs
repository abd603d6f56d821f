//! Orders end to end: from a pass to the answer that comes after the claim is durable. Edge, Redis,
//! ledger, payment simulator and those who buy share all cores of the machine; captures run beside it,
//! at the pace that the provider allows.

use crate::load::{fire, median};
use crate::report::Figures;
use crate::server::{SALE, Server, Setup};
use crate::{Run, joins};
use anyhow::{Context as _, Result, ensure};
use herd::wire;
use protocol::wire::{Authorization, AuthorizationStatus, JoinAnswer, PassAnswer};
use serde::de::DeserializeOwned;
use serde_json::json;
use std::rc::Rc;
use std::time::Instant;

/// Buyers at once.
const CONNECTIONS: usize = 128;
/// Rounds; the median counts.
const ROUNDS: usize = 3;
const API: &str = "/api/v1/sales/bench";

type Requests = Rc<Vec<Vec<u8>>>;

/// Measures them on SQLite, and on Postgres where there is one.
pub(crate) async fn measure(run: &Run, figures: &mut Figures) -> Result<()> {
    if run.orders == 0 {
        return Ok(());
    }
    figures.set("orders_per_s", per_second(run, None).await?);
    if let Some(url) = &run.postgres {
        figures.set("orders_per_s_postgres", per_second(run, Some(url)).await?);
    }
    Ok(())
}

async fn per_second(run: &Run, database: Option<&String>) -> Result<f64> {
    let people = ROUNDS * run.orders;
    let mut settings = Setup::usual().settings;
    settings.extend([
        ("SLUICE_ROOM__FOLD_IN_MS", "0".to_owned()),
        ("SLUICE_ROOM__ACTIVE_MAX", people.to_string()),
        ("SLUICE_ROOM__PASS_TTL_MS", "600000".to_owned()),
    ]);
    settings.extend(database.map(|url| ("DATABASE_URL", url.clone())));
    let setup = Setup {
        on_one_core: false,
        settings,
        units: u32::try_from(people)?,
        rate: Some(100_000),
    };
    let server = Server::start(&setup).await?;
    let passes = passes(&server, people).await?;
    let mut rates = Vec::new();
    for passes in passes.chunks(run.orders) {
        let buying = posts(&server.authority, "/orders", passes, |_| json!({}));
        let began = Instant::now();
        fire(&server.authority, &buying, passes.len(), CONNECTIONS, false).await?;
        rates.push(passes.len() as f64 / began.elapsed().as_secs_f64());
        eprintln!("orders: {:.0} a second", rates[rates.len() - 1]);
    }
    Ok(median(rates))
}

/// Everybody joins, has a card held, and is called.
async fn passes(server: &Server, people: usize) -> Result<Vec<String>> {
    let joining = joins::requests(server, &format!("{API}/tickets"), people).await?;
    let joined: Vec<JoinAnswer> = all(&server.authority, &joining).await?;
    let tickets: Vec<String> = joined.into_iter().map(|joined| joined.ticket).collect();
    hold(server, &tickets).await?;
    server.open().await?;
    let asking = posts(&server.authority, "/passes", &tickets, |_| json!({}));
    let passes: Vec<PassAnswer> = all(&server.authority, &asking).await?;
    Ok(passes.into_iter().map(|answer| answer.pass).collect())
}

/// Asks until every card is held: the provider allows only so many calls a second.
async fn hold(server: &Server, tickets: &[String]) -> Result<()> {
    let saving = (0..tickets.len() as u64).map(|n| save(&server.provider, n));
    let saved: Vec<serde_json::Value> = all(&server.provider, &Rc::new(saving.collect())).await?;
    let asking = posts(
        &server.authority,
        "/authorizations",
        tickets,
        |at| json!({ "payment_method": saved[at]["id"], "email": format!("{at}@bench.example") }),
    );
    loop {
        let holds: Vec<Authorization> = all(&server.authority, &asking).await?;
        let held = |hold: &&Authorization| hold.status == AuthorizationStatus::Authorized;
        let done = holds.iter().filter(held).count();
        eprintln!("orders: {done} of {} cards are held", holds.len());
        if done == holds.len() {
            return Ok(());
        }
        let waits = |hold: &Authorization| hold.status == AuthorizationStatus::Processing;
        ensure!(
            holds.iter().all(|hold| waits(hold) || held(&hold)),
            "a card was declined"
        );
    }
}

/// A card at the provider.
fn save(authority: &str, n: u64) -> Vec<u8> {
    let number = herd::card::number(n);
    let body = format!(
        "type=card&card[number]={number}&card[exp_month]=12&card[exp_year]=2040&card[cvc]=123"
    );
    let length = body.len();
    format!(
        "POST /v1/payment_methods HTTP/1.1\r\nhost: {authority}\r\nauthorization: Bearer pk_test_sluice\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// One request for each bearer.
fn posts(
    authority: &str,
    path: &str,
    bearers: &[String],
    body: impl Fn(usize) -> serde_json::Value,
) -> Requests {
    let path = format!("/api/v1/sales/{SALE}{path}");
    let requests = bearers.iter().enumerate().map(|(at, bearer)| {
        let body = body(at).to_string();
        wire::post_json_as(authority, &path, bearer, body.as_bytes())
    });
    Rc::new(requests.collect())
}

/// Sends each request once; the answers, as they come.
async fn all<T: DeserializeOwned>(authority: &str, requests: &Requests) -> Result<Vec<T>> {
    let replies = fire(authority, requests, requests.len(), CONNECTIONS, true).await?;
    let answers = replies.iter().map(|reply| {
        let text = || String::from_utf8_lossy(&reply.body).into_owned();
        serde_json::from_slice(&reply.body).with_context(text)
    });
    answers.collect()
}
