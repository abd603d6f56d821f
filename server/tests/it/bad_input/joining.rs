//! Asking for a challenge, and joining with it.

use super::{Bad, Held, altered, bad};
use reqwest::Method;
use serde_json::{Value, json};

const TICKETS: &str = "/api/v1/sales/one/tickets";

/// Challenges and CAPTCHAs.
pub(super) fn challenges(held: &Held) -> Vec<Bad> {
    let device = &held.device;
    let huge = format!("{{\"device\":\"{}\"}}", "1".repeat(20_000));
    vec![
        bad(
            "no body",
            Method::POST,
            "/api/v1/sales/one/challenge",
            415,
            "unsupported_media_type",
        ),
        bad(
            "a form",
            Method::POST,
            "/api/v1/sales/one/challenge",
            415,
            "unsupported_media_type",
        )
        .raw("application/x-www-form-urlencoded", "device=1"),
        bad(
            "not JSON",
            Method::POST,
            "/api/v1/sales/one/challenge",
            400,
            "bad_request",
        )
        .raw("application/json", "{"),
        bad(
            "not UTF-8",
            Method::POST,
            "/api/v1/sales/one/challenge",
            400,
            "bad_request",
        )
        .raw("application/json", vec![b'"', 0xff, b'"']),
        bad(
            "wrong type",
            Method::POST,
            "/api/v1/sales/one/challenge",
            400,
            "bad_request",
        )
        .json(json!({ "device": 5 })),
        bad(
            "unknown field",
            Method::POST,
            "/api/v1/sales/one/challenge",
            400,
            "bad_request",
        )
        .json(json!({ "device": device, "admin": true })),
        bad(
            "short device",
            Method::POST,
            "/api/v1/sales/one/challenge",
            422,
            "unprocessable",
        )
        .json(json!({ "device": "12" })),
        bad(
            "a mark that there is not",
            Method::POST,
            "/api/v1/sales/one/challenge",
            400,
            "bad_request",
        )
        .json(json!({ "device": device, "marks": ["human"] })),
        bad(
            "a captcha for work that was not done",
            Method::POST,
            "/api/v1/sales/one/captcha",
            422,
            "challenge_invalid",
        )
        .json(json!({ "challenge": "x", "nonces": [], "device": device, "kind": "image" })),
        bad(
            "a captcha of no kind",
            Method::POST,
            "/api/v1/sales/one/captcha",
            400,
            "bad_request",
        )
        .json(json!({ "challenge": "x", "nonces": [], "device": device, "kind": "smell" })),
        bad(
            "an answer to what was not asked",
            Method::POST,
            "/api/v1/sales/one/captcha/answers",
            409,
            "captcha_spent",
        )
        .json(json!({ "captcha": "x", "answer": "12345" })),
        bad(
            "an answer that is a number",
            Method::POST,
            "/api/v1/sales/one/captcha/answers",
            400,
            "bad_request",
        )
        .json(json!({ "captcha": "x", "answer": 12345 })),
        bad(
            "a captcha of an unknown sale",
            Method::POST,
            "/api/v1/sales/none/captcha/answers",
            404,
            "unknown_sale",
        )
        .json(json!({ "captcha": "x", "answer": "12345" })),
        bad(
            "huge body",
            Method::POST,
            "/api/v1/sales/one/challenge",
            413,
            "body_too_large",
        )
        .raw("application/json", huge),
        bad(
            "unknown sale",
            Method::POST,
            "/api/v1/sales/none/challenge",
            404,
            "unknown_sale",
        )
        .json(json!({ "device": device })),
    ]
}

/// Joins.
pub(super) fn joins(held: &Held) -> Vec<Bad> {
    let Held {
        ticket,
        spent,
        solved,
        ..
    } = held;
    let with = |field: &str, value: Value| {
        let mut join = solved.clone();
        join[field] = value;
        join
    };
    vec![
        bad(
            "spent by another shopper",
            Method::POST,
            TICKETS,
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
            Method::POST,
            "/api/v1/sales/two/tickets",
            422,
            "challenge_invalid",
        )
        .json(solved.clone()),
        bad(
            "another device",
            Method::POST,
            TICKETS,
            422,
            "challenge_invalid",
        )
        .json(with("device", json!("22".repeat(32)))),
        bad(
            "forged challenge",
            Method::POST,
            TICKETS,
            422,
            "challenge_invalid",
        )
        .json(with(
            "challenge",
            json!(altered(solved["challenge"].as_str().unwrap())),
        )),
        bad(
            "truncated challenge",
            Method::POST,
            TICKETS,
            422,
            "challenge_invalid",
        )
        .json(with(
            "challenge",
            json!(solved["challenge"].as_str().unwrap()[..40]),
        )),
        bad(
            "a ticket as challenge",
            Method::POST,
            TICKETS,
            422,
            "challenge_invalid",
        )
        .json(with("challenge", json!(ticket))),
        bad("no work", Method::POST, TICKETS, 422, "proof_invalid").json(with("nonces", json!([]))),
        bad("too much work", Method::POST, TICKETS, 422, "proof_invalid")
            .json(with("nonces", json!(vec![0; 17]))),
        bad("negative nonce", Method::POST, TICKETS, 400, "bad_request")
            .json(with("nonces", json!([-1]))),
        bad("no real key", Method::POST, TICKETS, 422, "unprocessable").json(with(
            "key",
            json!({ "kty": "RSA", "crv": "P-256", "x": "", "y": "" }),
        )),
        bad("a private key", Method::POST, TICKETS, 400, "bad_request").json(with(
            "key",
            json!({ "kty": "EC", "crv": "P-256", "x": "", "y": "", "d": "secret" }),
        )),
    ]
}
