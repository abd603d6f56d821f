//! The crowd's one HTTP client: pooled, bounded, and honest about retries.
//!
//! Connections are shared in two lanes, so that the many who look whether their card is done yet do
//! not stand in front of the few who buy. Busy answers (429, 503, 504) and broken connections are
//! tried again after the pause that was asked for, and counted; any other refusal goes to the caller.
//! A waiting call is small: the request itself lives on the heap only while it has a connection.

use crate::clock::Instant;
use crate::tally::{Step, Tally};
use protocol::{Problem, ProblemKind};
use rand::RngExt as _;
use reqwest::{Method, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Which connections a call may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Join, pass and order: three quarters of the connections.
    Urgent,
    /// Everything else.
    Patient,
}

/// What a request carries.
#[derive(Clone, Debug)]
pub enum Body {
    /// Nothing.
    None,
    /// JSON.
    Json(Vec<u8>),
    /// A form.
    Form(String),
}

impl Body {
    /// The value as JSON. Wire types always serialise; if one did not, the server would say so.
    pub fn json(value: &impl Serialize) -> Self {
        Self::Json(serde_json::to_vec(value).unwrap_or_default())
    }

    /// The pairs as a form.
    pub fn form(pairs: &[(&str, &str)]) -> Self {
        Self::Form(serde_urlencoded::to_string(pairs).unwrap_or_default())
    }
}

/// One request.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    /// The step of the journey that it belongs to.
    pub step: Step,
    /// Which connections it may use.
    pub lane: Lane,
    /// Method.
    pub method: Method,
    /// Path and query, from the client's base.
    pub path: String,
    /// Bearer token.
    pub bearer: Option<&'a str>,
    /// What it carries.
    pub body: Body,
}

/// An answer that is not a success, or no answer at all.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// HTTP status; 0 when there was no answer.
    pub status: u16,
    /// The problem, when the answer was one.
    pub problem: Option<Problem>,
    /// What was answered, or why nothing was.
    pub body: String,
}

impl Refusal {
    /// Is it this problem?
    pub fn is(&self, kind: ProblemKind) -> bool {
        self.problem.as_ref().is_some_and(|problem| problem.is(kind))
    }

    /// A name to count it under.
    pub fn name(&self) -> String {
        match (&self.problem, self.status) {
            (Some(problem), _) => problem.name().to_owned(),
            (None, 0) => "no_answer".to_owned(),
            (None, status @ 200..300) => format!("unreadable_{status}"),
            (None, status) => format!("http_{status}"),
        }
    }

    fn no_answer(error: &reqwest::Error) -> Self {
        let causes = std::iter::successors(Some(error as &dyn std::error::Error), |e| e.source());
        let body: Vec<String> = causes.map(ToString::to_string).collect();
        Self {
            status: 0,
            problem: None,
            body: body.join(": "),
        }
    }
}

/// Talks to one server.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: Arc<str>,
    urgent: Arc<Semaphore>,
    patient: Arc<Semaphore>,
    patience: Duration,
    tally: Arc<Tally>,
}

struct Answer {
    status: u16,
    retry_after: Option<Duration>,
    body: Vec<u8>,
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
            .user_agent(concat!("herd/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self {
            http,
            base: base.trim_end_matches('/').into(),
            urgent: Arc::new(Semaphore::new(connections - connections / 4)),
            patient: Arc::new(Semaphore::new(connections / 4)),
            patience,
            tally,
        })
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

    async fn ask(&self, ask: &Ask<'_>) -> Result<Answer, Refusal> {
        let give_up = Instant::now() + self.patience;
        let mut attempt = 0;
        loop {
            let (refusal, asked_for) = match self.attempt(ask).await {
                Ok(answer) if (200..300).contains(&answer.status) => return Ok(answer),
                Ok(answer) => {
                    let refusal = refusal(&answer);
                    if !matches!(answer.status, 429 | 503 | 504) {
                        return Err(refusal);
                    }
                    let asked_for = refusal.problem.as_ref().and_then(|p| p.retry_after_ms);
                    let asked_for = asked_for.map(Duration::from_millis).or(answer.retry_after);
                    (refusal, asked_for)
                }
                Err(error) => {
                    self.tally.broken_connections.add(1);
                    (Refusal::no_answer(&error), None)
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

    async fn attempt(&self, ask: &Ask<'_>) -> reqwest::Result<Answer> {
        let lane = match ask.lane {
            Lane::Urgent => &self.urgent,
            Lane::Patient => &self.patient,
        };
        // The semaphores are never closed; if one were, an unbounded call is better than none.
        let _connection = lane.acquire().await.ok();
        Box::pin(self.send(ask)).await
    }

    async fn send(&self, ask: &Ask<'_>) -> reqwest::Result<Answer> {
        let url = format!("{}{}", self.base, ask.path);
        let request = self.http.request(ask.method.clone(), url);
        let request = request.timeout(Duration::from_secs(30));
        let request = match ask.bearer {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
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
        Ok(Answer {
            status: response.status().as_u16(),
            retry_after: seconds.map(Duration::from_secs),
            body: response.bytes().await?.into(),
        })
    }
}

fn refusal(answer: &Answer) -> Refusal {
    Refusal {
        status: answer.status,
        problem: serde_json::from_slice(&answer.body).ok(),
        body: String::from_utf8_lossy(&answer.body).into_owned(),
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

    #[test]
    fn a_refusal_is_counted_under_the_name_of_its_problem() {
        let refused = |status, body: &str| {
            refusal(&Answer {
                status,
                retry_after: None,
                body: body.into(),
            })
        };
        let problem = serde_json::to_string(&Problem::new(ProblemKind::SoldOut)).unwrap();
        assert!(refused(409, &problem).is(ProblemKind::SoldOut));
        assert_eq!(refused(409, &problem).name(), "sold_out");
        assert_eq!(refused(502, "<html>").name(), "http_502");
    }
}
