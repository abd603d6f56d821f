//! The crowd's one HTTP client: pooled, bounded, and honest about retries.
//!
//! Connections are shared in lanes, so that the many who wait for their bank do not stand in front of
//! the few who buy. Busy answers (429, 503, 504) and broken connections are
//! tried again after the pause that was asked for, and counted; any other refusal goes to the caller.
//! What the whole crowd does at once (challenge and join) goes over plain [`Wire`]s where the server is
//! reached without TLS: that costs a third of what the full client costs.
//! A waiting call is small: the request itself lives on the heap only while it has a connection.

use crate::ask::{Ask, Body, Lane, Refusal};
use crate::clock::Instant;
use crate::tally::Tally;
use crate::wire::{self, Reply, Wire};
use rand::RngExt as _;
use reqwest::header;
use serde::de::DeserializeOwned;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// An answer that takes longer never comes.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Why there was no answer.
type Broken = Box<dyn std::error::Error + Send + Sync>;

/// Talks to one server.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: Arc<str>,
    lanes: Arc<Lanes>,
    wires: Arc<Wires>,
    patience: Duration,
    /// Whoever is told that too many ask (429) comes back.
    comes_back: bool,
    tally: Arc<Tally>,
}

/// Plain connections that nobody uses at the moment.
#[derive(Debug)]
struct Wires {
    /// `host:port`, when it is reached without TLS.
    authority: Option<String>,
    idle: Mutex<Vec<Wire>>,
}

impl Wires {
    fn to(base: &str) -> Self {
        let authority = base.strip_prefix("http://");
        let authority = authority.filter(|rest| !rest.contains(['/', '@']));
        Self {
            authority: authority.map(|rest| match rest.rsplit_once(':') {
                Some((_, port)) if port.parse::<u16>().is_ok() => rest.to_owned(),
                _ => format!("{rest}:80"),
            }),
            idle: Mutex::default(),
        }
    }

    async fn ask(&self, authority: &str, request: &[u8]) -> io::Result<Reply> {
        let idle = self.idle().pop();
        let mut wire = match idle {
            Some(wire) => wire,
            None => Wire::open(authority).await?,
        };
        let reply = wire.ask(request).await?;
        if !reply.closes {
            self.idle().push(wire);
        }
        Ok(reply)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Wire>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Connections that each lane may use at once.
#[derive(Debug)]
struct Lanes {
    join: Semaphore,
    buy: Semaphore,
    light: Semaphore,
    hold: Semaphore,
    hold_now: Semaphore,
}

impl Lanes {
    fn of(connections: usize) -> Self {
        let share = |parts: usize| Semaphore::new((connections * parts / 8).max(1));
        Self {
            join: share(3),
            buy: share(1),
            light: share(2),
            hold: share(1),
            hold_now: share(1),
        }
    }

    fn lane(&self, lane: Lane) -> &Semaphore {
        match lane {
            Lane::Join => &self.join,
            Lane::Buy => &self.buy,
            Lane::Light => &self.light,
            Lane::Hold => &self.hold,
            Lane::HoldNow => &self.hold_now,
        }
    }
}

impl Client {
    /// A client of the server at `base`, with at most this many connections in use at once.
    pub fn new(
        base: &str,
        connections: u32,
        patience: Duration,
        tally: Arc<Tally>,
    ) -> reqwest::Result<Self> {
        let connections = connections.max(4) as usize;
        let http = reqwest::Client::builder()
            .no_proxy()
            .tcp_nodelay(true)
            .pool_max_idle_per_host(connections)
            .user_agent("Mozilla/5.0 (compatible; herd)")
            .build()?;
        Ok(Self {
            http,
            wires: Arc::new(Wires::to(base.trim_end_matches('/'))),
            base: base.trim_end_matches('/').into(),
            lanes: Arc::new(Lanes::of(connections)),
            patience,
            comes_back: true,
            tally,
        })
    }

    /// The same client, for which "too many" (429) is an answer and no reason to ask again.
    pub fn without_coming_back(self) -> Self {
        Self {
            comes_back: false,
            ..self
        }
    }

    /// The server's address.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The plain client underneath, for a stream that stays open.
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// Asks until there is an answer that is worth having, and reads it as JSON.
    pub async fn call<T: DeserializeOwned>(&self, ask: &Ask<'_>) -> Result<T, Refusal> {
        let answer = self.ask(ask).await?;
        serde_json::from_slice(&answer.body).map_err(|error| Refusal {
            status: answer.status,
            problem: None,
            body: format!("{error}: {}", String::from_utf8_lossy(&answer.body)),
        })
    }

    /// Asks until there is an answer that is worth having, and drops its body.
    pub async fn tell(&self, ask: &Ask<'_>) -> Result<(), Refusal> {
        self.ask(ask).await.map(drop)
    }

    async fn ask(&self, ask: &Ask<'_>) -> Result<Reply, Refusal> {
        let give_up = Instant::now() + self.patience;
        let mut attempt = 0;
        loop {
            let (refusal, asked_for) = match self.attempt(ask).await {
                Ok(answer) if (200..300).contains(&answer.status) => return Ok(answer),
                Ok(answer) => {
                    let refusal = Refusal::read(answer.status, &answer.body);
                    let again = match answer.status {
                        429 => self.comes_back,
                        status => matches!(status, 503 | 504),
                    };
                    if !again {
                        return Err(refusal);
                    }
                    let asked_for = refusal.problem.as_ref().and_then(|p| p.retry_after_ms);
                    let asked_for = asked_for.map(Duration::from_millis).or(answer.retry_after);
                    (refusal, asked_for)
                }
                Err(error) => {
                    self.tally.broken_connections.add(1);
                    (Refusal::no_answer(&*error), None)
                }
            };
            let pause = pause(attempt, asked_for);
            if Instant::now() + pause > give_up {
                return Err(refusal);
            }
            self.tally.retries.add(1);
            tokio::time::sleep(pause).await;
            attempt += 1;
        }
    }

    async fn attempt(&self, ask: &Ask<'_>) -> Result<Reply, Broken> {
        // The semaphores are never closed; if one were, an unbounded call is better than none.
        let _connection = self.lanes.lane(ask.lane).acquire().await.ok();
        if let (true, Some(authority), Body::Json(body)) =
            (ask.in_bulk(), &self.wires.authority, &ask.body)
        {
            let request = match &*ask.headers {
                [] => wire::post_json(authority, &ask.path, body),
                headers => wire::post_json_with(authority, &ask.path, headers, body),
            };
            let asking = self.wires.ask(authority, &request);
            return Ok(tokio::time::timeout(ANSWER_WITHIN, asking).await??);
        }
        Ok(Box::pin(self.send(ask)).await?)
    }

    async fn send(&self, ask: &Ask<'_>) -> reqwest::Result<Reply> {
        let url = format!("{}{}", self.base, ask.path);
        let request = self.http.request(ask.method.clone(), url);
        let request = request.timeout(ANSWER_WITHIN);
        let request = match ask.bearer {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let named = ask.headers.iter();
        let request = named.fold(request, |request, (name, value)| {
            request.header(*name, value)
        });
        let request = match &ask.body {
            Body::None => request,
            Body::Json(bytes) => request
                .header(header::CONTENT_TYPE, "application/json")
                .body(bytes.clone()),
            Body::Form(text) => request
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(text.clone()),
        };
        let response = request.send().await?;
        let seconds = response.headers().get(header::RETRY_AFTER);
        let seconds = seconds.and_then(|value| value.to_str().ok()?.parse().ok());
        Ok(Reply {
            closes: false,
            status: response.status().as_u16(),
            retry_after: seconds.map(Duration::from_secs),
            body: response.bytes().await?.into(),
        })
    }
}

/// How long to wait before trying again: never shorter than asked for, doubling when nothing was asked
/// for, with a jitter so that a crowd that was refused together does not come back together.
fn pause(attempt: u32, asked_for: Option<Duration>) -> Duration {
    let mut rng = rand::rng();
    match asked_for {
        Some(asked_for) => asked_for.mul_f64(rng.random_range(1.0..1.5)),
        None => Duration::from_millis(100 << attempt.min(5)).mul_f64(rng.random_range(0.5..1.5)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retry_is_never_earlier_than_asked_for() {
        let asked_for = Duration::from_millis(700);
        assert!((0..1000).all(|attempt| pause(attempt, Some(asked_for)) >= asked_for));
        assert!((0..1000).all(|attempt| pause(attempt, None) < Duration::from_secs(5)));
    }
}
