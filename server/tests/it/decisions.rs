//! What the gate decides, over HTTP: the link that nobody sees, the log, and the appeal.

use crate::harness::Edge;
use protocol::digest::to_hex;
use reqwest::Method;
use serde_json::{Value, json};

/// Hashes that a challenge asks for, on average.
fn work(challenge: &Value) -> u64 {
    let number = |name: &str| challenge[name].as_u64().unwrap();
    number("rounds") << number("difficulty")
}

const CHALLENGE: &str = "/api/v1/sales/one/challenge";
const DECISIONS: &str = "/api/v1/operator/sales/one/decisions";

/// An edge to which this machine is a network like others.
async fn judging() -> Edge {
    Edge::start_with(vec![("SLUICE_GATE__NETWORK__OWN", "[]".into())]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_follows_the_hidden_link_is_noticed_and_can_appeal() {
    let edge = judging().await;
    edge.announces("one", 1).await;
    let body = json!({ "device": to_hex(&[1; 32]) });
    let asks = async |cookie: &str| -> Value {
        let request = edge.request(Method::POST, CHALLENGE).json(&body);
        let answer = request.header("cookie", cookie).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    };
    let usual = work(&asks("").await);

    let strays = edge.request(Method::GET, "/join-now").send().await.unwrap();
    assert_eq!(strays.status(), 204);
    let cookie = strays.headers()["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap();
    assert!(work(&asks(cookie).await) > usual);

    assert_eq!(edge.get(DECISIONS).await.status, 401);
    let operator = edge.operator().await;
    let read = async || {
        edge.send(Method::GET, DECISIONS, Some(&operator), None)
            .await
            .body
    };
    let log = edge
        .until("the decision is in the log", async || {
            Some(read().await).filter(|log| !log.as_array().unwrap().is_empty())
        })
        .await;
    assert_eq!(log[0]["reasons"], json!(["honeypot"]));
    let clear = format!("{DECISIONS}/{}/clear", log[0]["who"].as_str().unwrap());
    assert_eq!(
        edge.send(Method::POST, &clear, None, None).await.status,
        401
    );
    let cleared = edge.send(Method::POST, &clear, Some(&operator), None).await;
    assert_eq!(cleared.status, 204);
    edge.until("nothing is held against them", async || {
        (work(&asks(cookie).await) == usual).then_some(())
    })
    .await;
    assert_eq!(read().await[0]["cleared"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_headers_say_is_read() {
    let edge = judging().await;
    edge.announces("one", 1).await;
    let body = json!({ "device": to_hex(&[1; 32]) });
    let asks = async |headers: &[(&str, &str)]| {
        let mut request = edge.request(Method::POST, CHALLENGE).json(&body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        let challenge: Value = answer.json().await.unwrap();
        work(&challenge)
    };
    let usual = asks(&[]).await;
    let chrome = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36";
    let honest = [
        ("user-agent", chrome),
        ("sec-ch-ua", "\"Chromium\";v=\"131\""),
        ("sec-ch-ua-platform", "\"Windows\""),
    ];
    assert_eq!(asks(&honest).await, usual);
    for lie in [
        [
            ("user-agent", chrome),
            ("sec-ch-ua", "\"Chromium\";v=\"99\""),
        ],
        [("user-agent", chrome), ("sec-ch-ua-platform", "\"Linux\"")],
        [("user-agent", chrome), ("sec-ch-ua-mobile", "?1")],
        [("user-agent", chrome), ("sec-fetch-dest", "document")],
    ] {
        assert!(asks(&lie).await > usual, "{lie:?}");
    }
    assert!(asks(&[("user-agent", "curl/8.5.0")]).await > usual);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_from_a_network_of_our_own_is_suspected() {
    let (ours, judging) = (Edge::start().await, judging().await);
    for (edge, suspected) in [(&ours, false), (&judging, true)] {
        edge.announces("one", 1).await;
        let request = edge.request(Method::POST, CHALLENGE).json(&json!({}));
        let answer = request.header("user-agent", "curl/8.5.0").send();
        let challenge: Value = answer.await.unwrap().json().await.unwrap();
        assert_eq!(challenge["captcha"] == true, suspected, "{challenge}");
    }
}
