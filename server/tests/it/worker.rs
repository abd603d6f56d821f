//! The payment worker as a process of its own, and what becomes of its work when it dies.

use crate::harness::{Edge, until_ready};
use serde_json::Value;
use std::process::{Child, Command, Stdio};

/// `sluice worker` on the stores of an edge.
struct Worker {
    child: Child,
    admin_url: String,
}

impl Worker {
    async fn beside(edge: &Edge, name: &str) -> Self {
        let ready_file = edge.data().join(format!("{name}.json"));
        let child = Command::new(env!("CARGO_BIN_EXE_sluice"))
            .arg("worker")
            .arg("--data")
            .arg(edge.data())
            .arg("--ready-file")
            .arg(&ready_file)
            .env("SLUICE_SERVER__ADMIN_LISTEN", "127.0.0.1:0")
            .env("SLUICE_PAYMENT__LEASE_MS", "1000")
            .env("PSP_URL", &edge.psp_url)
            .env("DATABASE_URL", edge.database_url())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let ready = until_ready(&ready_file).await;
        Self {
            child,
            admin_url: ready["admin_url"].as_str().unwrap().to_owned(),
        }
    }

    async fn is_held_at(&self, moment: &str) -> bool {
        let held = reqwest::get(format!("{}/moments", self.admin_url)).await;
        let held: Value = held.unwrap().json().await.unwrap();
        held[moment] == 1
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_work_of_a_dead_worker_is_taken_over() {
    let edge = Edge::start_with(vec![("SLUICE_PAYMENT__WORKER", "false".to_owned())]).await;
    let first = Worker::beside(&edge, "first").await;
    edge.announces("one", 1).await;
    let ticket = edge.joins("one").await;
    edge.authorizes("one", &ticket).await;
    assert_eq!(edge.acts("one", "open").await.status, 200);
    let pass = edge.pass("one", &ticket).await;

    let arm = format!("{}/moments/capture.due", first.admin_url);
    let armed = reqwest::Client::new().put(arm).send().await.unwrap();
    assert_eq!(armed.status(), 204);
    assert_eq!(edge.buys("one", &pass).await.status, 201);
    edge.until("the first worker has the capture", async || {
        first.is_held_at("capture.due").await.then_some(())
    })
    .await;
    drop(first);

    let order = edge.buys("one", &pass).await;
    assert_eq!(order.body["status"], "claimed", "nobody works");
    let _second = Worker::beside(&edge, "second").await;
    edge.until("the second worker has taken it over", async || {
        let order = edge.buys("one", &pass).await;
        (order.body["status"] == "captured").then_some(())
    })
    .await;
}
