//! The HTTP surface as others rely on it.

use crate::harness::{Edge, kill};
use protocol::Phase;
use serde_json::Value;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn the_openapi_document_names_every_route() {
    let edge = Edge::start().await;
    let document = edge.get("/api/openapi.json").await.body;
    assert_eq!(document["openapi"], "3.1.0");
    let mut routes: Vec<String> = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        routes.extend(
            item.as_object()
                .unwrap()
                .keys()
                .map(|method| format!("{method:<6} {path}")),
        );
    }
    routes.sort();
    insta::assert_snapshot!("routes", routes.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_is_small_the_same_for_everyone_and_cacheable() {
    let edge = Edge::start().await;
    edge.announces("one", 3).await;
    edge.acts("one", "open").await;
    edge.until_phase("one", Phase::Open).await;
    // Another heartbeat may come between the two calls; then the pair is taken again.
    let (etag, bytes) = edge
        .until("two polls get the same bytes", async || {
            let one = poll(&edge, None).await;
            let two = poll(&edge, None).await;
            (one == two).then_some((one.1, one.2))
        })
        .await;
    assert!(bytes.len() <= 1024, "{} bytes", bytes.len());
    let snapshot: Value = serde_json::from_slice(&bytes).unwrap();
    let mut fields: Vec<&str> = snapshot
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    fields.sort_unstable();
    insta::assert_snapshot!("status fields", fields.join(" "));
    edge.until("a known ETag is answered with 304", async || {
        let known = poll(&edge, Some(&etag)).await;
        let fresh = poll(&edge, None).await;
        let known = if known.0 == 304 {
            known
        } else {
            poll(&edge, Some(&fresh.1)).await
        };
        (known.0 == 304 && known.2.is_empty()).then_some(())
    })
    .await;
}

async fn poll(edge: &Edge, etag: Option<&str>) -> (u16, String, Vec<u8>) {
    let mut request = edge.request(reqwest::Method::GET, "/api/v1/sales/one/status");
    if let Some(etag) = etag {
        request = request.header("if-none-match", etag);
    }
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["cache-control"], "public, max-age=1");
    let etag = answer.headers()["etag"].to_str().unwrap().to_owned();
    (
        answer.status().as_u16(),
        etag,
        answer.bytes().await.unwrap().to_vec(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_sends_what_the_status_says() {
    let edge = Edge::start().await;
    edge.announces("one", 3).await;
    let mut stream = edge
        .request(reqwest::Method::GET, "/api/v1/sales/one/events")
        .send()
        .await
        .unwrap();
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    let chunk = stream.chunk().await.unwrap().unwrap();
    let text = String::from_utf8(chunk.to_vec()).unwrap();
    let data = text
        .lines()
        .find_map(|line| line.strip_prefix("data: "))
        .unwrap();
    let snapshot: protocol::Snapshot = serde_json::from_str(data).unwrap();
    assert_eq!(snapshot.phase, Phase::Lobby);
}

#[tokio::test(flavor = "multi_thread")]
async fn watching_asks_redis_nothing() {
    let edge = Edge::start().await;
    edge.announces("one", 3).await;
    // A stopped Redis answers nobody: whatever needed it would wait for its timeout of 2 s.
    kill("STOP", edge.redis_pid());
    let polls = async {
        for _ in 0..1000 {
            assert_eq!(edge.get("/api/v1/sales/one/status").await.status, 200);
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(60), polls).await;
    kill("CONT", edge.redis_pid());
    assert!(in_time.is_ok(), "a thousand polls waited for Redis");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_sees_live_figures() {
    let edge = Edge::start().await;
    edge.announces("one", 3).await;
    edge.joins("one").await;
    edge.until("the figures of the line", async || {
        let metrics = format!("{}/metrics", edge.admin_url);
        let text = reqwest::get(metrics).await.unwrap().text().await.unwrap();
        let shown = |line: &str| text.lines().any(|shown| shown.starts_with(line));
        let figures = [
            "sluice_tickets{sale=\"one\"} 1",
            "sluice_redis_clock_ahead_seconds ",
            "sluice_units{sale=\"one\",state=\"free\"} 3",
            "sluice_phase{sale=\"one\",phase=\"lobby\"} 1",
            "sluice_http_seconds_bucket{route=\"/api/v1/sales/{sale}/tickets\",method=\"POST\",status=\"201\"",
        ];
        figures.iter().all(|line| shown(line)).then_some(())
    })
    .await;
}
