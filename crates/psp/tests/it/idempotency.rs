//! The same key never does a thing twice.

use std::time::Duration;

use axum::http::StatusCode;
use psp::Settings;

use crate::harness::{Provider, hold};

const PATH: &str = "/v1/payment_intents";

#[tokio::test]
async fn the_same_key_gives_the_same_answer() {
    let provider = Provider::new();
    let form = hold("s", "pm_card_visa");
    let first = provider.post_with_key("k", PATH, &form).await;
    assert_eq!(first.header("idempotent-replayed"), "");
    provider.cancel(&first.id()).await;
    let second = provider.post_with_key("k", PATH, &form).await;
    assert_eq!(second.text, first.text, "as it was then, not as it is now");
    assert_eq!(second.header("idempotent-replayed"), "true");
    assert_eq!(provider.summary("s").await["intents"], 1);
}

#[tokio::test]
async fn a_decline_is_replayed_too() {
    let provider = Provider::new();
    let form = hold("s", "pm_card_chargeDeclined");
    let first = provider.post_with_key("k", PATH, &form).await;
    let second = provider.post_with_key("k", PATH, &form).await;
    assert_eq!(second.status, StatusCode::PAYMENT_REQUIRED);
    assert_eq!(second.text, first.text);
    assert_eq!(provider.summary("s").await["declined"], 1);
}

#[tokio::test]
async fn the_same_key_with_another_body_is_refused() {
    let provider = Provider::new();
    let form = hold("s", "pm_card_visa");
    let held = provider.post_with_key("k", PATH, &form).await;
    let other = provider
        .post_with_key("k", PATH, &hold("t", "pm_card_visa"))
        .await;
    assert_eq!(other.status, StatusCode::BAD_REQUEST);
    assert_eq!(other.field("/error/type"), "idempotency_error");
    let capture = format!("{PATH}/{}/capture", held.id());
    let elsewhere = provider.post_with_key("k", &capture, &form).await;
    assert_eq!(elsewhere.field("/error/type"), "idempotency_error");
}

#[tokio::test]
async fn the_order_of_parameters_does_not_matter() {
    let provider = Provider::new();
    let form = hold("s", "pm_card_visa");
    let mut parts: Vec<&str> = form.split('&').collect();
    parts.reverse();
    let first = provider.post_with_key("k", PATH, &form).await;
    let second = provider.post_with_key("k", PATH, &parts.join("&")).await;
    assert_eq!(second.text, first.text);
}

#[tokio::test]
async fn a_mistake_does_not_burn_the_key() {
    let provider = Provider::new();
    let wrong = provider.post_with_key("k", PATH, "amount=1").await;
    assert_eq!(wrong.error(), "parameter_missing");
    let right = provider
        .post_with_key("k", PATH, &hold("s", "pm_card_visa"))
        .await;
    assert_eq!(right.status, StatusCode::OK);
}

#[tokio::test]
async fn a_key_in_use_is_a_conflict() {
    let provider = Provider::with(Settings {
        latency: Duration::from_millis(500),
        ..Settings::default()
    });
    let form = hold("s", "pm_card_visa");
    let (first, second) = tokio::join!(
        biased;
        provider.post_with_key("k", PATH, &form),
        provider.post_with_key("k", PATH, &form),
    );
    assert_eq!(first.state(), "requires_capture");
    assert_eq!(second.status, StatusCode::CONFLICT);
    assert_eq!(second.error(), "idempotency_key_in_use");
    let third = provider.post_with_key("k", PATH, &form).await;
    assert_eq!(third.text, first.text);
}

#[tokio::test]
async fn a_caller_who_hangs_up_gives_the_key_back() {
    let provider = Provider::with(Settings {
        latency: Duration::from_millis(500),
        ..Settings::default()
    });
    let form = hold("s", "pm_card_visa");
    let call = tokio::spawn({
        let (provider, form) = (provider.clone(), form.clone());
        async move { provider.post_with_key("k", PATH, &form).await }
    });
    while provider.summary("s").await["intents"] == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    call.abort();
    assert!(call.await.is_err(), "the reply was lost after the act");
    let replay = provider.post_with_key("k", PATH, &form).await;
    assert_eq!(replay.header("idempotent-replayed"), "true");
    assert_eq!(provider.summary("s").await["intents"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stampede_with_one_key_holds_once() {
    let provider = Provider::new();
    let form = hold("s", "pm_card_visa");
    let calls: Vec<_> = (0..64)
        .map(|_| {
            let (provider, form) = (provider.clone(), form.clone());
            tokio::spawn(async move { provider.post_with_key("k", PATH, &form).await })
        })
        .collect();
    let mut ids = std::collections::BTreeSet::new();
    for call in calls {
        let answer = call.await.expect("no panic");
        match answer.status {
            StatusCode::OK => {
                ids.insert(answer.id());
            }
            status => assert_eq!(status, StatusCode::CONFLICT),
        }
    }
    assert_eq!(ids.len(), 1);
    assert_eq!(provider.summary("s").await["open_holds"], 1);
}
