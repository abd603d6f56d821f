//! The end of a case, and what must be true then.

use super::case::Case;
use super::insist::surely;
use super::town::SECRET;
use crate::audit::{self, Auditor};
use crate::ledger::Tally;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::time::Instant;

/// How long nothing may happen in a case that is not quiet. A slow machine makes it slow, and not still.
const STILL: Duration = Duration::from_secs(120);
/// And how long it may go on and on.
const PATIENCE: Duration = Duration::from_secs(1200);
/// How long people wait for an answer on a bad day.
const REST: Duration = Duration::from_secs(3);

/// How a case ended: the status of every payment and of every order, and what went back.
pub(super) type Outcome = BTreeMap<String, String>;

impl Case<'_> {
    /// Until no duty is open and nothing is on its way, or people have waited for long enough.
    pub(super) async fn rest(&self) {
        let quiet = async { while !self.is_quiet().await {} };
        drop(tokio::time::timeout(REST, quiet).await);
    }

    /// Until no duty is open and nothing is on its way.
    pub(super) async fn until_quiet(&self, after: &str) {
        let began = Instant::now();
        let (mut calls, mut moved) = (0, began);
        while !self.is_quiet().await {
            let made = self.weather.calls.load(Relaxed);
            if made != calls {
                (calls, moved) = (made, Instant::now());
            }
            if moved.elapsed() > STILL || began.elapsed() > PATIENCE {
                let owed = surely(async || self.ledger().owed(&self.sale).await).await;
                panic!(
                    "{}: after {after} it never became quiet: at {} {owed:#?}",
                    self.sale,
                    self.town.now()
                );
            }
        }
    }

    async fn is_quiet(&self) -> bool {
        // All of it: what keeps and forgets cards too, which no audit waits for.
        let owed = surely(async || self.ledger().owed(&self.sale).await).await;
        let quiet = owed.is_empty();
        if !quiet {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        quiet
    }

    async fn tally(&self) -> Tally {
        surely(async || self.ledger().tally(&self.sale).await).await
    }

    /// The sale ends, the weather is fine, and everything is settled.
    pub(super) async fn ends(&self) -> Outcome {
        // What is on its way is released when it stands: more than one round may be needed.
        while self.release_losers().await > 0 {
            self.until_quiet("its end").await;
        }
        self.until_quiet("its end").await;
        if self.bank().await["open_holds"] != 0 {
            surely(async || audit::sweep(&self.engine, 0).await).await;
            self.until_quiet("the sweep").await;
        }
        self.check().await
    }

    /// What happened to the money of the case.
    pub(super) async fn bank(&self) -> serde_json::Value {
        let url = format!("{}/oracle/summary?sale={}", self.town.psp_url, self.sale);
        let asking = self.town.http.get(url).bearer_auth(SECRET).send();
        asking.await.unwrap().json().await.unwrap()
    }

    pub(super) async fn check(&self) -> Outcome {
        let (case, bank) = (&self.sale, self.bank().await);
        for never in ["open_holds", "double_captures", "captured_and_voided"] {
            assert_eq!(bank[never], 0, "{case}: {never}: {bank}");
        }
        let tally = self.tally().await;
        assert_eq!(
            bank["captured"], tally.captured_payments,
            "{case}: {bank}, {tally:?}"
        );
        assert_eq!(
            (
                tally.captured_without_order,
                tally.open_authorizations,
                tally.journal_sum
            ),
            (0, 0, 0),
            "{case}: {tally:?}"
        );
        let auditor = Auditor {
            ledger: self.ledger().clone(),
            store: Err("nobody asked redis".to_owned()),
            gateway: Ok(self.town.client.clone()),
            now: self.town.now(),
        };
        let report = surely(async || auditor.payments(&self.sale).await).await;
        assert_eq!(
            (report.difference, &report.offenders),
            (0, &Vec::new()),
            "{case}: {report:?}"
        );
        let now = self.town.now();
        let faults = surely(async || self.ledger().faults(&self.sale, now).await).await;
        assert_eq!(faults, [], "{case}");
        self.outcome().await
    }

    async fn outcome(&self) -> Outcome {
        let mut outcome = Outcome::new();
        for payment in surely(async || self.ledger().payment_entries(&self.sale).await).await {
            let name = payment.payment.replace(self.sale.as_str(), "case");
            outcome.insert(name, payment.status);
        }
        for row in surely(async || self.ledger().sold(&self.sale, 100, 0).await).await {
            outcome.insert(
                format!("unit {}", row.unit),
                format!("{} {}", row.status, row.refunded_minor),
            );
        }
        outcome
    }
}
