//! What shoppers, the operator and the auditor do in a [`Shop`].

use super::shop::Shop;
use super::{BROWSER, PLAIN, until};
use engine::pay::Stripe;
use protocol::digest::{from_hex, to_hex};
use protocol::pass::Pass;
use protocol::ticket::Ticket;
use protocol::wire::{Authorization, AuthorizeRequest, ChallengeRequest, JoinRequest, Order};
use protocol::{Phase, Snapshot, proof};
use std::sync::Arc;
use std::time::Duration;

impl Shop {
    pub(crate) fn snapshot(&self) -> Snapshot {
        (*self.engine.snapshot(&self.sale).unwrap()).clone()
    }

    pub(crate) async fn until_phase(&self, phase: Phase) -> Snapshot {
        until(phase.as_str(), async || {
            Some(self.snapshot()).filter(|s| s.phase == phase)
        })
        .await
    }

    /// A solved join, not sent yet.
    pub(crate) fn solved(&self, device: u8) -> JoinRequest {
        let device = to_hex(&[device; 32]);
        let request = ChallengeRequest {
            device: device.clone(),
            ..ChallengeRequest::default()
        };
        let challenge = self
            .engine
            .challenge(&self.sale, &request, BROWSER)
            .unwrap();
        let seed = from_hex(&challenge.seed).unwrap();
        JoinRequest {
            challenge: challenge.challenge,
            nonces: proof::solve(&seed, challenge.rounds, challenge.difficulty),
            device,
            key: None,
            captcha: None,
        }
    }

    pub(crate) async fn joins(&self) -> Ticket {
        let (answer, new) = self
            .engine
            .join(&self.sale, &self.solved(1), &PLAIN)
            .await
            .unwrap();
        assert!(new);
        self.engine.ticket(&self.sale, &answer.ticket).unwrap()
    }

    /// A card at the provider.
    pub(crate) async fn card(&self, number: &str) -> String {
        let form = [
            ("type", "card"),
            ("card[number]", number),
            ("card[exp_month]", "12"),
            ("card[exp_year]", "2040"),
            ("card[cvc]", "123"),
        ];
        let answer = reqwest::Client::new()
            .post(format!("{}/v1/payment_methods", self.psp_url))
            .bearer_auth("pk_test_sluice")
            .form(&form)
            .send()
            .await
            .unwrap();
        let card: serde_json::Value = answer.json().await.unwrap();
        card["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{card}"))
            .to_owned()
    }

    /// Asks for a hold and waits for what becomes of it.
    pub(crate) async fn authorizes(&self, ticket: &Ticket, number: &str) -> Authorization {
        let request = AuthorizeRequest {
            payment_method: self.card(number).await,
            email: format!("{}@example.org", ticket.number),
        };
        self.engine.authorize(ticket, &request).await.unwrap()
    }

    pub(crate) async fn opens(&self) {
        self.engine
            .act(&self.sale, engine::sale::Act::Open, "")
            .await
            .unwrap();
        self.until_phase(Phase::Open).await;
    }

    /// Waits for the frontier and clicks Buy once.
    pub(crate) async fn buys(&self, ticket: &Ticket) -> Result<Order, engine::Error> {
        let pass = self.passes(ticket).await?;
        self.engine.buy(&pass).await.map(|(order, _)| order)
    }

    /// Waits for the frontier.
    pub(crate) async fn passes(&self, ticket: &Ticket) -> Result<Pass, engine::Error> {
        let pass = until("the pass", async || {
            match self.engine.pass(ticket, None).await {
                Err(
                    engine::Error::NotCalledYet { .. }
                    | engine::Error::WrongPhase(_)
                    | engine::Error::OutOfReach
                    | engine::Error::Redis(_)
                    | engine::Error::Behind
                    | engine::Error::Rebuilding,
                ) => None,
                answer => Some(answer),
            }
        })
        .await?;
        self.engine.read_pass(&self.sale, &pass.pass)
    }

    /// The audit of all three books; the provider is asked with patience.
    pub(crate) async fn audits(&self) -> engine::audit::Report {
        let patient = Stripe::new(
            &self.psp_url,
            "sk_test_sluice".into(),
            Duration::from_secs(10),
        );
        let auditor = engine::audit::Auditor {
            gateway: Ok(Arc::new(patient.unwrap())),
            ..self.engine.auditor()
        };
        auditor.audit(&self.sale).await.unwrap()
    }

    /// Waits until nothing is under way and hands out the audit, the bank included.
    pub(crate) async fn settles(&self) -> engine::audit::Report {
        let report = until("the sale is settled", async || {
            self.engine
                .audit(&self.sale)
                .await
                .ok()
                .filter(|report| report.quiet)
        })
        .await;
        assert!(report.ok, "{report:?}");
        let report = self.audits().await;
        assert!(report.ok, "{report:?}");
        assert!(report.unseen.is_empty(), "{report:?}");
        report
    }

    /// What the bank says.
    pub(crate) async fn bank(&self) -> serde_json::Value {
        let answer = reqwest::Client::new()
            .get(format!(
                "{}/oracle/summary?sale={}",
                self.psp_url, self.sale
            ))
            .bearer_auth("sk_test_sluice")
            .send()
            .await
            .unwrap();
        answer.json().await.unwrap()
    }
}
