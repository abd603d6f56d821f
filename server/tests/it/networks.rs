//! Budgets over HTTP, behind a proxy that says who comes.

use crate::harness::Edge;
use reqwest::Method;
use reqwest::header::RETRY_AFTER;
use serde_json::{Value, json};

/// An edge behind one proxy, on which each address has six challenges, three of them at the usual price.
async fn behind_a_proxy() -> Edge {
    let edge = Edge::start_with(vec![
        ("SLUICE_SERVER__TRUSTED_HOPS", "1".into()),
        ("SLUICE_GATE__NETWORK__IPV4_32", "3".into()),
        ("SLUICE_GATE__NETWORK__REFUSE_AT", "2".into()),
    ])
    .await;
    edge.announces("one", 1).await;
    edge
}

/// Asks for a challenge with this header, as it comes from the proxy.
async fn asks(edge: &Edge, forwarded: &str) -> reqwest::Response {
    let device = "01".repeat(32);
    edge.request(Method::POST, "/api/v1/sales/one/challenge")
        .header("x-forwarded-for", forwarded)
        .json(&json!({ "device": device }))
        .send()
        .await
        .unwrap()
}

/// What it costs, in hashes.
async fn price(edge: &Edge, forwarded: &str) -> u64 {
    let answer = asks(edge, forwarded).await;
    assert_eq!(answer.status(), 200, "{forwarded}");
    let given: Value = answer.json().await.unwrap();
    let number = |field: &str| given[field].as_u64().unwrap();
    number("rounds") << number("difficulty")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_pays_more_and_is_then_told_when_to_come_back() {
    let edge = behind_a_proxy().await;
    let mut prices = Vec::new();
    for n in 0..6 {
        // What the client claims in front of it means nothing, with or without a port.
        prices.push(price(&edge, &format!("6.6.6.{n}, 192.0.2.1:{}", 40_000 + n)).await);
    }
    let usual = 16 << 4;
    assert_eq!(prices[..3], [usual; 3]);
    assert!(prices[3..].is_sorted() && prices[3] > usual, "{prices:?}");
    assert!(prices[5] > 3 * usual, "{prices:?}");

    let refused = asks(&edge, "6.6.6.7, 192.0.2.1").await;
    assert_eq!(refused.status(), 429);
    let after: u64 = refused.headers()[RETRY_AFTER]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    let problem: Value = refused.json().await.unwrap();
    assert_eq!(problem["type"], "/problems/rate_limited");
    let ms = problem["retry_after_ms"].as_u64().unwrap();
    assert!(ms >= 1000 && after == ms.div_ceil(1000), "{problem}");

    // A neighbour, and somebody far away.
    for other in ["192.0.2.2", "2001:db8::1"] {
        assert_eq!(price(&edge, other).await, usual, "{other}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_proxy_nobody_is_one_of_ours() {
    let edge = behind_a_proxy().await;
    // Each is a network of the edge's own, by the connection or by what the proxy says.
    for ours in ["unknown", "127.0.0.2", "10.1.2.3"] {
        for _ in 0..6 {
            assert_eq!(asks(&edge, ours).await.status(), 200, "{ours}");
        }
        assert_eq!(asks(&edge, ours).await.status(), 429, "{ours}");
    }
    assert!(
        edge.log()
            .contains("as many proxies as server.trusted_hops says")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_request_uses_nothing_up() {
    let edge = behind_a_proxy().await;
    for _ in 0..20 {
        let refused = edge
            .request(Method::POST, "/api/v1/sales/one/challenge")
            .header("x-forwarded-for", "192.0.2.1")
            .json(&json!({ "device": "short" }))
            .send()
            .await
            .unwrap();
        assert_eq!(refused.status(), 422);
    }
    assert_eq!(price(&edge, "192.0.2.1").await, 16 << 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_sees_prices_and_refusals() {
    let edge = behind_a_proxy().await;
    for _ in 0..8 {
        asks(&edge, "192.0.2.1").await;
    }
    edge.until("the figures of the gate", async || {
        let metrics = format!("{}/metrics", edge.admin_url);
        let text = reqwest::get(metrics).await.unwrap().text().await.unwrap();
        let shown = |line: &str| text.lines().any(|shown| shown == line);
        let figures = [
            "sluice_challenges_refused_total{network=\"ipv4/32\"} 2",
            "sluice_challenge_price_bucket{le=\"1\"} 3",
            "sluice_challenge_price_count 6",
            "sluice_networks_crowded{sale=\"one\"} 1",
        ];
        figures.iter().all(|line| shown(line)).then_some(())
    })
    .await;
}
