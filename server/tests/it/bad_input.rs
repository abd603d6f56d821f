//! Every route refuses bad input with a clear 4xx problem of a stable type, and nothing changes.

use crate::harness::{Answer, Edge};
use protocol::Phase;
use reqwest::Method;
use serde_json::{Value, json};

/// What is sent, and which refusal is expected.
struct Bad {
    why: &'static str,
    method: Method,
    path: String,
    token: Option<String>,
    body: Send,
    status: u16,
    kind: &'static str,
}

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
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let content_type = answer
            .headers()
            .get("content-type")
            .map(|v| v.to_str().unwrap().to_owned())
            .unwrap_or_default();
        let bytes = answer.bytes().await.unwrap();
        Answer {
            status,
            content_type,
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        }
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

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_refused_by_name_and_changes_nothing() {
    let edge = Edge::start().await;
    edge.announces("one", 3).await;
    edge.announces("two", 3).await;
    let (ticket, elsewhere) = (edge.joins("one").await, edge.joins("two").await);
    let operator = edge.operator().await;
    let spent = edge.solved("one").await;
    let path = "/api/v1/sales/one/tickets";
    assert_eq!(
        edge.send(Method::POST, path, None, Some(spent.clone()))
            .await
            .status,
        201
    );
    let solved = edge.solved("one").await;
    let with = |field: &str, value: Value| {
        let mut join = solved.clone();
        join[field] = value;
        join
    };
    let device = "11".repeat(32);
    let huge = format!("{{\"device\":\"{}\"}}", "1".repeat(20_000));
    let card = json!({ "payment_method": "pm_card_visa", "email": "a@example.org" });
    let sale = |field: &str, value: Value| {
        let mut new = json!({ "sale": "three", "title": "T", "units": 1, "price": { "minor": 1, "currency": "EUR" }, "opens_at": 99_999_999_999_999u64 });
        new[field] = value;
        new
    };
    let (get, post, delete) = (Method::GET, Method::POST, Method::DELETE);

    let table = vec![
        bad(
            "unknown route",
            get.clone(),
            "/api/v1/nothing",
            404,
            "not_found",
        ),
        bad(
            "wrong method",
            delete.clone(),
            "/api/v1/sales/one/status",
            405,
            "method_not_allowed",
        ),
        bad(
            "unknown sale",
            get.clone(),
            "/api/v1/sales/none/status",
            404,
            "unknown_sale",
        ),
        bad(
            "impossible sale",
            get.clone(),
            "/api/v1/sales/A%7D/status",
            404,
            "unknown_sale",
        ),
        bad(
            "unknown sale's stream",
            get.clone(),
            "/api/v1/sales/none/events",
            404,
            "unknown_sale",
        ),
        // challenge
        bad(
            "no body",
            post.clone(),
            "/api/v1/sales/one/challenge",
            415,
            "unsupported_media_type",
        ),
        bad(
            "a form",
            post.clone(),
            "/api/v1/sales/one/challenge",
            415,
            "unsupported_media_type",
        )
        .raw("application/x-www-form-urlencoded", "device=1"),
        bad(
            "not JSON",
            post.clone(),
            "/api/v1/sales/one/challenge",
            400,
            "bad_request",
        )
        .raw("application/json", "{"),
        bad(
            "not UTF-8",
            post.clone(),
            "/api/v1/sales/one/challenge",
            400,
            "bad_request",
        )
        .raw("application/json", vec![b'"', 0xff, b'"']),
        bad(
            "wrong type",
            post.clone(),
            "/api/v1/sales/one/challenge",
            400,
            "bad_request",
        )
        .json(json!({ "device": 5 })),
        bad(
            "unknown field",
            post.clone(),
            "/api/v1/sales/one/challenge",
            400,
            "bad_request",
        )
        .json(json!({ "device": device, "admin": true })),
        bad(
            "short device",
            post.clone(),
            "/api/v1/sales/one/challenge",
            422,
            "unprocessable",
        )
        .json(json!({ "device": "12" })),
        bad(
            "a mark that there is not",
            post.clone(),
            "/api/v1/sales/one/challenge",
            400,
            "bad_request",
        )
        .json(json!({ "device": device, "marks": ["human"] })),
        bad(
            "a captcha for work that was not done",
            post.clone(),
            "/api/v1/sales/one/captcha",
            422,
            "challenge_invalid",
        )
        .json(json!({ "challenge": "x", "nonces": [], "device": device, "kind": "image" })),
        bad(
            "a captcha of no kind",
            post.clone(),
            "/api/v1/sales/one/captcha",
            400,
            "bad_request",
        )
        .json(json!({ "challenge": "x", "nonces": [], "device": device, "kind": "smell" })),
        bad(
            "an answer to what was not asked",
            post.clone(),
            "/api/v1/sales/one/captcha/answers",
            409,
            "captcha_spent",
        )
        .json(json!({ "captcha": "x", "answer": "12345" })),
        bad(
            "an answer that is a number",
            post.clone(),
            "/api/v1/sales/one/captcha/answers",
            400,
            "bad_request",
        )
        .json(json!({ "captcha": "x", "answer": 12345 })),
        bad(
            "a captcha of an unknown sale",
            post.clone(),
            "/api/v1/sales/none/captcha/answers",
            404,
            "unknown_sale",
        )
        .json(json!({ "captcha": "x", "answer": "12345" })),
        bad(
            "clearing nobody",
            post.clone(),
            "/api/v1/operator/sales/one/decisions/0123456789abcdef/clear",
            422,
            "unprocessable",
        )
        .token(operator.clone()),
        bad(
            "clearing what is no reference",
            post.clone(),
            "/api/v1/operator/sales/one/decisions/ada/clear",
            422,
            "unprocessable",
        )
        .token(operator.clone()),
        bad(
            "clearing without a session",
            post.clone(),
            "/api/v1/operator/sales/one/decisions/0123456789abcdef/clear",
            401,
            "login_required",
        ),
        bad(
            "decisions of an unknown sale",
            get.clone(),
            "/api/v1/operator/sales/none/decisions",
            404,
            "unknown_sale",
        )
        .token(operator.clone()),
        bad(
            "huge body",
            post.clone(),
            "/api/v1/sales/one/challenge",
            413,
            "body_too_large",
        )
        .raw("application/json", huge),
        bad(
            "unknown sale",
            post.clone(),
            "/api/v1/sales/none/challenge",
            404,
            "unknown_sale",
        )
        .json(json!({ "device": device })),
        // join
        bad(
            "spent by another shopper",
            post.clone(),
            path,
            409,
            "challenge_spent",
        )
        .json({
            let mut join = spent.clone();
            join["key"] =
                json!({ "kty": "EC", "crv": "P-256", "x": "A".repeat(43), "y": "Q".repeat(43) });
            join
        }),
        bad(
            "another sale's challenge",
            post.clone(),
            "/api/v1/sales/two/tickets",
            422,
            "challenge_invalid",
        )
        .json(solved.clone()),
        bad(
            "another device",
            post.clone(),
            path,
            422,
            "challenge_invalid",
        )
        .json(with("device", json!("22".repeat(32)))),
        bad(
            "forged challenge",
            post.clone(),
            path,
            422,
            "challenge_invalid",
        )
        .json(with(
            "challenge",
            json!(altered(solved["challenge"].as_str().unwrap())),
        )),
        bad(
            "truncated challenge",
            post.clone(),
            path,
            422,
            "challenge_invalid",
        )
        .json(with(
            "challenge",
            json!(solved["challenge"].as_str().unwrap()[..40]),
        )),
        bad(
            "a ticket as challenge",
            post.clone(),
            path,
            422,
            "challenge_invalid",
        )
        .json(with("challenge", json!(ticket))),
        bad("no work", post.clone(), path, 422, "proof_invalid").json(with("nonces", json!([]))),
        bad("too much work", post.clone(), path, 422, "proof_invalid")
            .json(with("nonces", json!(vec![0; 17]))),
        bad("negative nonce", post.clone(), path, 400, "bad_request")
            .json(with("nonces", json!([-1]))),
        bad("no real key", post.clone(), path, 422, "unprocessable").json(with(
            "key",
            json!({ "kty": "RSA", "crv": "P-256", "x": "", "y": "" }),
        )),
        bad("a private key", post.clone(), path, 400, "bad_request").json(with(
            "key",
            json!({ "kty": "EC", "crv": "P-256", "x": "", "y": "", "d": "secret" }),
        )),
        // ticket
        bad(
            "no ticket",
            get.clone(),
            "/api/v1/sales/one/tickets/me",
            401,
            "ticket_missing",
        ),
        bad(
            "another sale's ticket",
            get.clone(),
            "/api/v1/sales/one/tickets/me",
            401,
            "ticket_invalid",
        )
        .token(&elsewhere),
        bad(
            "altered ticket",
            get.clone(),
            "/api/v1/sales/one/tickets/me",
            401,
            "ticket_invalid",
        )
        .token(altered(&ticket)),
        bad(
            "truncated ticket",
            get.clone(),
            "/api/v1/sales/one/tickets/me",
            401,
            "ticket_invalid",
        )
        .token(&ticket[..ticket.len() - 2]),
        bad(
            "garbage ticket",
            get.clone(),
            "/api/v1/sales/one/tickets/me",
            401,
            "ticket_invalid",
        )
        .token("x".repeat(3000)),
        bad(
            "leaving without a ticket",
            delete.clone(),
            "/api/v1/sales/one/tickets/me",
            401,
            "ticket_missing",
        ),
        bad(
            "leaving with another's",
            delete.clone(),
            "/api/v1/sales/one/tickets/me",
            401,
            "ticket_invalid",
        )
        .token(&elsewhere),
        // authorization
        bad(
            "no ticket",
            post.clone(),
            "/api/v1/sales/one/authorizations",
            401,
            "ticket_missing",
        )
        .json(card.clone()),
        bad(
            "wrong type",
            post.clone(),
            "/api/v1/sales/one/authorizations",
            400,
            "bad_request",
        )
        .token(&ticket)
        .json(json!({ "payment_method": [] })),
        bad(
            "a card number",
            post.clone(),
            "/api/v1/sales/one/authorizations",
            422,
            "unprocessable",
        )
        .token(&ticket)
        .json(json!({ "payment_method": "4242 4242 4242 4242", "email": "a@example.org" })),
        bad(
            "no email",
            post.clone(),
            "/api/v1/sales/one/authorizations",
            422,
            "unprocessable",
        )
        .token(&ticket)
        .json(json!({ "payment_method": "pm_card_visa", "email": "nobody" })),
        bad(
            "another sale's ticket",
            post.clone(),
            "/api/v1/sales/one/authorizations",
            401,
            "ticket_invalid",
        )
        .token(&elsewhere)
        .json(card.clone()),
        // pass and order
        bad(
            "before the draw",
            post.clone(),
            "/api/v1/sales/one/passes",
            409,
            "wrong_phase",
        )
        .token(&ticket),
        bad(
            "no ticket",
            post.clone(),
            "/api/v1/sales/one/passes",
            401,
            "ticket_missing",
        ),
        bad(
            "no pass",
            post.clone(),
            "/api/v1/sales/one/orders",
            401,
            "pass_invalid",
        ),
        bad(
            "a ticket as pass",
            post.clone(),
            "/api/v1/sales/one/orders",
            401,
            "pass_invalid",
        )
        .token(&ticket),
        bad(
            "unknown sale",
            post.clone(),
            "/api/v1/sales/none/orders",
            404,
            "unknown_sale",
        )
        .token(&ticket),
        bad(
            "unknown order",
            get.clone(),
            "/api/v1/orders/none",
            404,
            "unknown_order",
        )
        .token(&ticket),
        bad(
            "no ticket",
            get.clone(),
            "/api/v1/orders/none",
            401,
            "ticket_missing",
        ),
        bad(
            "altered ticket",
            get.clone(),
            "/api/v1/orders/none",
            401,
            "ticket_invalid",
        )
        .token(altered(&ticket)),
        // operator
        bad(
            "wrong password",
            post.clone(),
            "/api/v1/operator/login",
            401,
            "login_required",
        )
        .json(json!({ "password": "guess" })),
        bad(
            "no session",
            get.clone(),
            "/api/v1/operator/sales",
            401,
            "login_required",
        ),
        bad(
            "a ticket as session",
            get.clone(),
            "/api/v1/operator/sales",
            401,
            "login_required",
        )
        .token(&ticket),
        bad(
            "no session",
            post.clone(),
            "/api/v1/operator/sales/one/end",
            401,
            "login_required",
        ),
        bad(
            "no session",
            get.clone(),
            "/api/v1/operator/sales/one/audit",
            401,
            "login_required",
        ),
        bad(
            "unknown act",
            post.clone(),
            "/api/v1/operator/sales/one/explode",
            404,
            "not_found",
        )
        .token(&operator),
        bad(
            "unknown sale",
            post.clone(),
            "/api/v1/operator/sales/none/pause",
            404,
            "unknown_sale",
        )
        .token(&operator),
        bad(
            "resume what runs",
            post.clone(),
            "/api/v1/operator/sales/one/resume",
            409,
            "wrong_phase",
        )
        .token(&operator),
        bad(
            "orders without a session",
            get.clone(),
            "/api/v1/operator/sales/one/orders",
            401,
            "login_required",
        ),
        bad(
            "orders of an unknown sale",
            get.clone(),
            "/api/v1/operator/sales/none/orders",
            404,
            "unknown_sale",
        )
        .token(&operator),
        bad(
            "a refund without a session",
            post.clone(),
            "/api/v1/operator/sales/one/orders/none/refund",
            401,
            "login_required",
        ),
        bad(
            "a refund of an unknown order",
            post.clone(),
            "/api/v1/operator/sales/one/orders/none/refund",
            404,
            "unknown_order",
        )
        .token(&operator),
        bad(
            "a refund in words",
            post.clone(),
            "/api/v1/operator/sales/one/orders/none/refund",
            400,
            "bad_request",
        )
        .token(&operator)
        .json(json!({ "minor": "all" })),
        bad(
            "no rate",
            post.clone(),
            "/api/v1/operator/sales/one/rate",
            400,
            "bad_request",
        )
        .token(&operator),
        bad(
            "zero rate",
            post.clone(),
            "/api/v1/operator/sales/one/rate",
            422,
            "unprocessable",
        )
        .token(&operator)
        .json(json!({ "rate": 0 })),
        bad(
            "a name that breaks keys",
            post.clone(),
            "/api/v1/operator/sales",
            400,
            "bad_request",
        )
        .token(&operator)
        .json(sale("sale", json!("a}b"))),
        bad(
            "a name that is taken",
            post.clone(),
            "/api/v1/operator/sales",
            422,
            "unprocessable",
        )
        .token(&operator)
        .json(sale("units", json!(0))),
        bad(
            "a limit per buyer of nothing",
            post.clone(),
            "/api/v1/operator/sales",
            422,
            "unprocessable",
        )
        .token(&operator)
        .json(sale("limit_per_buyer", json!(0))),
        bad(
            "a limit per buyer beyond the most",
            post.clone(),
            "/api/v1/operator/sales",
            422,
            "unprocessable",
        )
        .token(&operator)
        .json(sale("limit_per_buyer", json!(101))),
        bad(
            "no such currency",
            post.clone(),
            "/api/v1/operator/sales",
            400,
            "bad_request",
        )
        .token(&operator)
        .json(sale("price", json!({ "minor": 1, "currency": "EURO" }))),
        bad(
            "a price of nothing",
            post.clone(),
            "/api/v1/operator/sales",
            422,
            "unprocessable",
        )
        .token(&operator)
        .json(sale("price", json!({ "minor": 0, "currency": "EUR" }))),
        bad(
            "opens in the past",
            post.clone(),
            "/api/v1/operator/sales",
            422,
            "unprocessable",
        )
        .token(&operator)
        .json(sale("opens_at", json!(1))),
        bad(
            "opens in a thousand years",
            post.clone(),
            "/api/v1/operator/sales",
            422,
            "unprocessable",
        )
        .token(&operator)
        .json(sale("units", json!(1))),
        // webhook
        bad(
            "unsigned",
            post.clone(),
            "/webhooks/stripe",
            400,
            "bad_request",
        )
        .raw("application/json", "{}"),
    ];

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
        &ticket,
        &elsewhere,
        &operator,
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
