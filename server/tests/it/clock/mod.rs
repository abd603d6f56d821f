//! The machine's clock is set in the middle of a sale: for the edge, its Redis and the provider at once.

use crate::harness::{Edge, now};
use protocol::Phase;
use reqwest::Method;
use serde_json::json;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const HOUR_MS: i64 = 3_600_000;

/// A clock for processes that are started with its settings, and whatever they start.
struct Clock {
    directory: TempDir,
    shift: File,
}

impl Clock {
    fn of_this_machine() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/clock/shifted.c");
        // Cargo needs a C compiler to link anything.
        let compiled = Command::new("cc")
            .args(["-O1", "-shared", "-fPIC", "-o"])
            .arg(directory.path().join("shifted.so"))
            .arg(source)
            .status();
        assert!(compiled.unwrap().success());
        let shift = File::create(directory.path().join("shift")).unwrap();
        let clock = Self { directory, shift };
        clock.is_set_to(0);
        clock
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        let path = |name| self.directory.path().join(name).display().to_string();
        vec![
            ("LD_PRELOAD", path("shifted.so")),
            ("CLOCK_SHIFT", path("shift")),
        ]
    }

    /// So many hours from the true time.
    fn is_set_to(&self, hours: i64) {
        let ms = hours * HOUR_MS;
        self.shift.write_all_at(&ms.to_ne_bytes(), 0).unwrap();
    }
}

async fn sells(edge: &Edge, ticket: &str) {
    let pass = edge.pass("one", ticket).await;
    let order = edge.buys("one", &pass).await;
    assert_eq!(order.status, 201, "{order:?}");
}

async fn joins_and_pays(edge: &Edge) -> String {
    let ticket = edge.joins("one").await;
    edge.authorizes("one", &ticket).await;
    ticket
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_goes_on_when_the_clock_is_set_back_and_when_it_is_set_forward() {
    const SETTINGS: [i64; 3] = [-1, 1, 0];
    let clock = Clock::of_this_machine();
    let edge = Edge::start_with(clock.settings()).await;
    let operator = edge.operator().await;
    let units = 1 + 2 * SETTINGS.len();
    let new = json!({
        "sale": "one", "title": "A test", "units": units, "limit_per_buyer": 100,
        "price": { "minor": 12900, "currency": "EUR" }, "opens_at": now() + 3_600_000,
    });
    let operates = async |method, path: &str, body| {
        let path = format!("/api/v1/operator/sales{path}");
        edge.send(method, &path, Some(&operator), body).await
    };
    assert_eq!(operates(Method::POST, "", Some(new)).await.status, 201);
    edge.until_phase("one", Phase::Lobby).await;
    let mut waiting = Vec::new();
    for _ in 0..=SETTINGS.len() {
        waiting.push(joins_and_pays(&edge).await);
    }
    edge.acts("one", "open").await;
    edge.until_phase("one", Phase::Open).await;
    sells(&edge, &waiting.pop().unwrap()).await;

    for hours in SETTINGS {
        clock.is_set_to(hours);
        edge.until("everyone is told the new time", async || {
            let told = edge.status("one").await.at as i64 - now() as i64 - hours * HOUR_MS;
            (told.abs() < HOUR_MS / 2).then_some(())
        })
        .await;
        sells(&edge, &waiting.pop().unwrap()).await;
        sells(&edge, &joins_and_pays(&edge).await).await;
    }

    edge.until("every order is paid", async || {
        let orders = operates(Method::GET, "/one/orders", None).await;
        let orders = orders.body.as_array().unwrap().clone();
        let paid = orders.iter().filter(|order| order["status"] == "captured");
        (orders.len() == units && paid.count() == units).then_some(())
    })
    .await;
    let report = operates(Method::GET, "/one/audit", None).await;
    assert_eq!(report.body["ok"], true, "{report:?}");
}
