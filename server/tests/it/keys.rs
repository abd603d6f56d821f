//! A ticket that is bound to a key is worth nothing without it.

use crate::harness::{Answer, Edge};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use protocol::Phase;
use protocol::dpop::ticket_hash;
use reqwest::Method;
use serde_json::{Value, json};
use std::cell::Cell;

const TICKETS: &str = "/api/v1/sales/one/tickets";
const MINE: &str = "/api/v1/sales/one/tickets/me";
const PASSES: &str = "/api/v1/sales/one/passes";
const HOLDS: &str = "/api/v1/sales/one/authorizations";

/// A browser with a key.
struct Browser<'a> {
    edge: &'a Edge,
    key: EcdsaKeyPair,
    proofs: Cell<u32>,
}

impl<'a> Browser<'a> {
    fn of(edge: &'a Edge) -> Self {
        Self {
            edge,
            key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
            proofs: Cell::new(0),
        }
    }

    fn jwk(&self) -> Value {
        let point = self.key.public_key().as_ref();
        let coordinate = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({
            "kty": "EC", "crv": "P-256",
            "x": coordinate(&point[1..33]), "y": coordinate(&point[33..]),
        })
    }

    /// The claims of a proof that is right in everything.
    async fn claims(&self, method: &str, path: &str, ticket: Option<&str>) -> Value {
        self.proofs.set(self.proofs.get() + 1);
        let mut claims = json!({
            "htm": method, "htu": format!("{}{path}", self.edge.url),
            "iat": self.edge.status("one").await.at / 1000, "jti": self.proofs.get().to_string(),
        });
        if let Some(ticket) = ticket {
            claims["ath"] = json!(ticket_hash(ticket));
        }
        claims
    }

    fn signs(&self, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk() });
        let text = format!("{}.{}", part(&header), part(claims));
        let signature = self
            .key
            .sign(&SystemRandom::new(), text.as_bytes())
            .unwrap();
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    async fn proof(&self, method: &str, path: &str, ticket: Option<&str>) -> String {
        self.signs(&self.claims(method, path, ticket).await)
    }

    /// Joins with its key and, where given, a proof.
    async fn joins(&self, proof: Option<String>) -> Answer {
        let mut join = self.edge.solved("one").await;
        join["key"] = self.jwk();
        ask(self.edge, Method::POST, TICKETS, None, proof, Some(join)).await
    }

    async fn ticket(&self) -> String {
        let answer = self.joins(None).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.text("ticket").to_owned()
    }
}

async fn ask(
    edge: &Edge,
    method: Method,
    path: &str,
    ticket: Option<&str>,
    proof: Option<String>,
    body: Option<Value>,
) -> Answer {
    let mut request = edge.request(method, path);
    if let Some(ticket) = ticket {
        request = request.bearer_auth(ticket);
    }
    if let Some(proof) = proof {
        request = request.header("dpop", proof);
    }
    if let Some(body) = body {
        request = request.json(&body);
    }
    crate::harness::read(request).await
}

fn is_unproven(answer: &Answer, why: &str) {
    assert_eq!(answer.status, 401, "{why}: {answer:?}");
    assert_eq!(answer.text("type"), "/problems/proof_of_key", "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bound_ticket_gets_a_pass_only_with_a_fresh_proof_of_its_key() {
    let edge = Edge::start().await;
    edge.announces("one", 3).await;
    let ada = Browser::of(&edge);
    let ticket = ada.ticket().await;
    edge.acts("one", "open").await;
    edge.until_phase("one", Phase::Open).await;

    let thief = Browser::of(&edge);
    let good = ada.claims("POST", PASSES, Some(&ticket)).await;
    let but = |field: &str, other: Value| {
        let mut claims = good.clone();
        claims[field] = other;
        ada.signs(&claims)
    };
    let iat = good["iat"].as_u64().unwrap();
    let other_path = format!("{}{MINE}", edge.url);
    for (why, proof) in [
        ("none", None),
        ("no token", Some("x.y.z".to_owned())),
        ("another key", Some(thief.signs(&good))),
        ("too old", Some(but("iat", json!(iat - 90)))),
        ("from the future", Some(but("iat", json!(iat + 90)))),
        ("another method", Some(but("htm", json!("GET")))),
        ("another address", Some(but("htu", json!(other_path)))),
        ("another ticket", Some(but("ath", json!(ticket_hash("x"))))),
        ("no ticket named", Some(but("ath", Value::Null))),
        ("no name", Some(but("jti", json!("")))),
    ] {
        let answer = ask(&edge, Method::POST, PASSES, Some(&ticket), proof, None).await;
        is_unproven(&answer, why);
    }

    let pass = edge
        .until("the pass is given", async || {
            let proof = ada.proof("POST", PASSES, Some(&ticket)).await;
            let first = ask(
                &edge,
                Method::POST,
                PASSES,
                Some(&ticket),
                Some(proof.clone()),
                None,
            )
            .await;
            if first.status != 200 {
                return None;
            }
            let again = ask(
                &edge,
                Method::POST,
                PASSES,
                Some(&ticket),
                Some(proof),
                None,
            )
            .await;
            is_unproven(&again, "the same proof again");
            Some(first.text("pass").to_owned())
        })
        .await;
    let proof = ada.proof("POST", PASSES, Some(&ticket)).await;
    let again = ask(
        &edge,
        Method::POST,
        PASSES,
        Some(&ticket),
        Some(proof),
        None,
    )
    .await;
    assert_eq!(again.text("pass"), pass, "a new proof gets the same pass");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_as_cookie_needs_the_proof_and_not_its_own_hash() {
    let edge = Edge::start().await;
    edge.announces("one", 3).await;
    let ada = Browser::of(&edge);
    let ticket = ada.ticket().await;
    edge.acts("one", "open").await;
    edge.until_phase("one", Phase::Open).await;
    edge.until("the pass is given", async || {
        let request = edge
            .request(Method::POST, PASSES)
            .header("cookie", format!("sluice_ticket_one={ticket}"));
        let copied = crate::harness::read(request.try_clone().unwrap()).await;
        is_unproven(&copied, "the cookie alone");
        let proof = ada.proof("POST", PASSES, None).await;
        let answer = crate::harness::read(request.header("dpop", proof)).await;
        (answer.status == 200).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_gets_its_ticket_back_and_nobody_else_does() {
    let edge = Edge::start().await;
    edge.announces("one", 3).await;
    let ada = Browser::of(&edge);
    let ticket = ada.ticket().await;

    is_unproven(&ada.joins(None).await, "a public key is no secret");
    let thief = Browser::of(&edge);
    let stolen = thief.proof("POST", TICKETS, None).await;
    is_unproven(&ada.joins(Some(stolen)).await, "another key");

    let proof = ada.proof("POST", TICKETS, None).await;
    let again = ada.joins(Some(proof)).await;
    assert_eq!(again.status, 200, "{again:?}");
    assert_eq!(again.text("ticket"), ticket);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_leaves_or_authorizes_for_a_bound_ticket() {
    let edge = Edge::start().await;
    edge.announces("one", 3).await;
    let ada = Browser::of(&edge);
    let ticket = ada.ticket().await;
    let number = edge.send(Method::GET, MINE, Some(&ticket), None).await.body["number"].clone();

    let card = json!({ "payment_method": "pm_card_visa", "email": "a@example.org" });
    let held = ask(&edge, Method::POST, HOLDS, Some(&ticket), None, Some(card)).await;
    is_unproven(&held, "authorize");
    let left = ask(&edge, Method::DELETE, MINE, Some(&ticket), None, None).await;
    is_unproven(&left, "leave");

    let proof = ada.proof("DELETE", MINE, Some(&ticket)).await;
    let left = ask(
        &edge,
        Method::DELETE,
        MINE,
        Some(&ticket),
        Some(proof),
        None,
    )
    .await;
    assert_eq!(left.status, 204, "{left:?}");

    // The key may stand in line again, behind.
    let again = ada.joins(None).await;
    assert_eq!(again.status, 201, "{again:?}");
    assert_ne!(again.body["number"], number);
}
