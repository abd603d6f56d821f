//! A shopper who speaks HTTP, in the order of the way.

use super::{Answer, Edge, read};
use protocol::digest::{from_hex, to_hex};
use protocol::proof;
use reqwest::Method;
use serde_json::{Value, json};

impl Edge {
    /// A solved join for this sale, not sent yet.
    pub(crate) async fn solved(&self, sale: &str) -> Value {
        self.tries_to_solve(sale).await.expect("a puzzle")
    }

    /// The same; `None` while the sale gives no puzzles.
    pub(crate) async fn tries_to_solve(&self, sale: &str) -> Option<Value> {
        let device = to_hex(&[1; 32]);
        let path = format!("/api/v1/sales/{sale}/challenge");
        let answer = self
            .send(Method::POST, &path, None, Some(json!({ "device": device })))
            .await;
        let challenge = Some(answer).filter(|a| a.status.is_success())?.body;
        let seed = from_hex(challenge["seed"].as_str().unwrap()).unwrap();
        let (rounds, difficulty) = (
            challenge["rounds"].as_u64().unwrap(),
            challenge["difficulty"].as_u64().unwrap(),
        );
        let nonces = proof::solve(&seed, rounds as u8, difficulty as u8);
        Some(json!({ "challenge": challenge["challenge"], "nonces": nonces, "device": device }))
    }

    /// Joins with what was solved; `None` while the edge is only busy.
    pub(crate) async fn tries_to_join(&self, sale: &str, join: &Value) -> Option<String> {
        let path = format!("/api/v1/sales/{sale}/tickets");
        let answer = self
            .send(Method::POST, &path, None, Some(join.clone()))
            .await;
        if answer.status == 503 {
            return None;
        }
        assert!(answer.status.is_success(), "{answer:?}");
        Some(answer.text("ticket").to_owned())
    }

    /// Joins and hands out the ticket.
    pub(crate) async fn joins(&self, sale: &str) -> String {
        let join = self.solved(sale).await;
        let answer = self
            .send(
                Method::POST,
                &format!("/api/v1/sales/{sale}/tickets"),
                None,
                Some(join),
            )
            .await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.text("ticket").to_owned()
    }

    /// Holds the price on a good card.
    pub(crate) async fn authorizes(&self, sale: &str, ticket: &str) -> Answer {
        let number = format!("424242424242{:04}", 4242);
        let form = [
            ("type", "card"),
            ("card[number]", &number),
            ("card[exp_month]", "12"),
            ("card[exp_year]", "2040"),
            ("card[cvc]", "123"),
        ];
        let card = self
            .client
            .post(format!("{}/v1/payment_methods", self.psp_url))
            .bearer_auth("pk_test_sluice")
            .form(&form);
        let card = read(card).await;
        let body = json!({ "payment_method": card.text("id"), "email": "someone@example.org" });
        let answer = self
            .send(
                Method::POST,
                &format!("/api/v1/sales/{sale}/authorizations"),
                Some(ticket),
                Some(body),
            )
            .await;
        assert_eq!(answer.text("status"), "authorized", "{answer:?}");
        answer
    }

    pub(crate) async fn pass(&self, sale: &str, ticket: &str) -> String {
        let path = format!("/api/v1/sales/{sale}/passes");
        self.until("the pass is given", async || {
            let answer = self.send(Method::POST, &path, Some(ticket), None).await;
            (answer.status == 200).then(|| answer.text("pass").to_owned())
        })
        .await
    }

    pub(crate) async fn buys(&self, sale: &str, pass: &str) -> Answer {
        self.send(
            Method::POST,
            &format!("/api/v1/sales/{sale}/orders"),
            Some(pass),
            None,
        )
        .await
    }
}
