//! Who announces sales, acts on them and watches.

use super::{Answer, Edge, now};
use protocol::{Phase, Snapshot};
use reqwest::Method;
use serde_json::json;

impl Edge {
    pub(crate) async fn operator(&self) -> String {
        let login = json!({ "password": self.operator_password });
        let answer = self
            .send(Method::POST, "/api/v1/operator/login", None, Some(login))
            .await;
        answer.text("token").to_owned()
    }

    /// Announces a sale with its lobby open.
    pub(crate) async fn announces(&self, sale: &str, units: u32) {
        self.announces_at(sale, units, 500).await;
    }

    /// The same, with an admission rate.
    pub(crate) async fn announces_at(&self, sale: &str, units: u32, rate: u32) {
        let token = self.operator().await;
        let new = json!({
            "sale": sale, "title": "A test", "units": units, "rate": rate,
            "price": { "minor": 12900, "currency": "EUR" }, "opens_at": now() + 3_600_000,
        });
        let answer = self
            .send(
                Method::POST,
                "/api/v1/operator/sales",
                Some(&token),
                Some(new),
            )
            .await;
        assert_eq!(answer.status, 201, "{answer:?}");
        self.until_phase(sale, Phase::Lobby).await;
    }

    pub(crate) async fn acts(&self, sale: &str, act: &str) -> Answer {
        let token = self.operator().await;
        self.send(
            Method::POST,
            &format!("/api/v1/operator/sales/{sale}/{act}"),
            Some(&token),
            None,
        )
        .await
    }

    pub(crate) async fn status(&self, sale: &str) -> Snapshot {
        self.tries_status(sale).await.expect("a status")
    }

    /// The status; `None` on an edge that has not heard of the sale yet.
    async fn tries_status(&self, sale: &str) -> Option<Snapshot> {
        let answer = self.get(&format!("/api/v1/sales/{sale}/status")).await;
        serde_json::from_value(answer.body).ok()
    }

    /// The status as of now: snapshots taken before the call do not count.
    pub(crate) async fn fresh_status(&self, sale: &str) -> Snapshot {
        let asked_at = now();
        self.until("a new snapshot", async || {
            Some(self.status(sale).await).filter(|s| s.at > asked_at)
        })
        .await
    }

    pub(crate) async fn until_phase(&self, sale: &str, phase: Phase) -> Snapshot {
        self.until(phase.as_str(), async || {
            self.tries_status(sale).await.filter(|s| s.phase == phase)
        })
        .await
    }
}
