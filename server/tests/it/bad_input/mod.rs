//! Every route refuses bad input with a clear 4xx problem of a stable type, and nothing changes.
//!
//! The tables are in [`joining`], [`holding`] and [`operating`].

mod holding;
mod joining;
mod operating;

use crate::harness::{Answer, Edge, read};
use protocol::Phase;
use reqwest::Method;
use serde_json::{Value, json};

/// What is sent, and which refusal is expected.
#[derive(Clone)]
struct Bad {
    why: &'static str,
    method: Method,
    path: String,
    token: Option<String>,
    body: Send,
    status: u16,
    kind: &'static str,
}

#[derive(Clone)]
enum Send {
    Nothing,
    Json(Value),
    Raw(&'static str, Vec<u8>),
}

fn bad(why: &'static str, method: Method, path: &str, status: u16, kind: &'static str) -> Bad {
    Bad {
        why,
        method,
        path: path.to_owned(),
        token: None,
        body: Send::Nothing,
        status,
        kind,
    }
}

impl Bad {
    fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    fn json(mut self, body: Value) -> Self {
        self.body = Send::Json(body);
        self
    }

    fn raw(mut self, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        self.body = Send::Raw(content_type, body.into());
        self
    }

    async fn send(&self, edge: &Edge) -> Answer {
        let mut request = edge.request(self.method.clone(), &self.path);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        request = match &self.body {
            Send::Nothing => request,
            Send::Json(body) => request.json(body),
            Send::Raw(content_type, body) => request
                .header("content-type", *content_type)
                .body(body.clone()),
        };
        read(request).await
    }
}

fn altered(token: &str) -> String {
    let middle = token.len() / 2;
    let other = if &token[middle..=middle] == "A" {
        "B"
    } else {
        "A"
    };
    format!("{}{other}{}", &token[..middle], &token[middle + 1..])
}

/// What whoever sends it has got honestly.
struct Held {
    /// A place in sale `one`.
    ticket: String,
    /// A place in sale `two`.
    elsewhere: String,
    /// The operator's session.
    operator: String,
    /// A join that got a place.
    spent: Value,
    /// A join that was not sent yet.
    solved: Value,
    /// The hash of a device.
    device: String,
}

impl Held {
    async fn at(edge: &Edge) -> Self {
        let spent = edge.solved("one").await;
        let join = Some(spent.clone());
        let tickets = "/api/v1/sales/one/tickets";
        let joined = edge.send(Method::POST, tickets, None, join).await;
        assert_eq!(joined.status, 201);
        Self {
            ticket: edge.joins("one").await,
            elsewhere: edge.joins("two").await,
            operator: edge.operator().await,
            spent,
            solved: edge.solved("one").await,
            device: "11".repeat(32),
        }
    }
}

/// Routes and sales that there are not.
fn strays() -> Vec<Bad> {
    vec![
        bad(
            "unknown route",
            Method::GET,
            "/api/v1/nothing",
            404,
            "not_found",
        ),
        bad(
            "wrong method",
            Method::DELETE,
            "/api/v1/sales/one/status",
            405,
            "method_not_allowed",
        ),
        bad(
            "unknown sale",
            Method::GET,
            "/api/v1/sales/none/status",
            404,
            "unknown_sale",
        ),
        bad(
            "impossible sale",
            Method::GET,
            "/api/v1/sales/A%7D/status",
            404,
            "unknown_sale",
        ),
        bad(
            "unknown sale's stream",
            Method::GET,
            "/api/v1/sales/none/events",
            404,
            "unknown_sale",
        ),
        bad(
            "unsigned",
            Method::POST,
            "/webhooks/stripe",
            400,
            "bad_request",
        )
        .raw("application/json", "{}"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_refused_by_name_and_changes_nothing() {
    let edge = Edge::start().await;
    edge.announces("one", 3).await;
    edge.announces("two", 3).await;
    let held = Held::at(&edge).await;
    let table = [
        strays(),
        joining::challenges(&held),
        joining::joins(&held),
        holding::tickets(&held),
        holding::purchases(&held),
        operating::console(&held),
    ]
    .concat();

    let before = (
        edge.fresh_status("one").await,
        edge.fresh_status("two").await,
    );
    for case in &table {
        let answer = case.send(&edge).await;
        let told = format!("{} {} ({}): {answer:?}", case.method, case.path, case.why);
        assert_eq!(answer.status, case.status, "{told}");
        assert_eq!(answer.content_type, "application/problem+json", "{told}");
        assert_eq!(
            answer.text("type"),
            format!("/problems/{}", case.kind),
            "{told}"
        );
        assert_eq!(answer.body["status"], case.status, "{told}");
        assert!(answer.body["title"].is_string(), "{told}");
    }
    let after = (
        edge.fresh_status("one").await,
        edge.fresh_status("two").await,
    );
    assert_eq!(
        (before.0.seq, before.1.seq),
        (after.0.seq, after.1.seq),
        "a refused request changed something"
    );
    assert_eq!(after.0.phase, Phase::Lobby);

    let log = edge.log();
    for secret in [
        &held.ticket,
        &held.elsewhere,
        &held.operator,
        &edge.operator_password,
        "4242 4242",
        "a@example.org",
    ] {
        assert!(!log.contains(secret), "the log holds a secret: {log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_sites_page_changes_nothing() {
    let edge = Edge::start().await;
    edge.announces("one", 1).await;
    let ticket = edge.joins("one").await;
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("origin", "https://evil.example"),
    ] {
        let answer = edge
            .request(Method::DELETE, "/api/v1/sales/one/tickets/me")
            .header("cookie", format!("sluice_ticket_one={ticket}"))
            .header(name, value)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 403);
    }
    let standing = edge
        .send(
            Method::GET,
            "/api/v1/sales/one/tickets/me",
            Some(&ticket),
            None,
        )
        .await;
    assert_eq!(standing.body["left"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_webhook_moves_nothing() {
    let edge = Edge::start().await;
    edge.announces("one", 1).await;
    let body = json!({ "id": "evt_1", "type": "payment_intent.succeeded", "data": { "object": { "id": "pi_1" } } });
    let answer = edge
        .request(Method::POST, "/webhooks/stripe")
        .header(
            "stripe-signature",
            format!("t={},v1={}", crate::harness::now() / 1000, "0".repeat(64)),
        )
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 422);
}
