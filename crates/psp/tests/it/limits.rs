//! The provider's rate limit, and what it must bear.

use axum::http::StatusCode;
use psp::{Error, Settings, Simulator};

use crate::harness::{Provider, hold};

#[tokio::test]
async fn over_the_limit_is_429_and_does_nothing() {
    let provider = Provider::with(Settings {
        calls_per_s: Some(1),
        ..Settings::default()
    });
    let path = "/v1/payment_intents";
    let form = hold("s", "pm_card_visa");
    let first = provider.post_with_key("k", path, &form).await;
    assert_eq!(first.status, StatusCode::OK);
    let limited = loop {
        let answer = provider.post(path, &hold("t", "pm_card_visa")).await;
        if answer.status != StatusCode::OK {
            break answer;
        }
    };
    assert_eq!(limited.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(limited.error(), "rate_limit");
    let saved = provider.save_card("4242424242424242").await;
    assert_eq!(saved.status, StatusCode::OK, "browsers are not limited");
    assert_eq!(provider.summary("s").await["intents"], 1, "nor auditors");
}

#[test]
fn a_limit_of_nothing_is_refused() {
    let opened = Simulator::open(Settings {
        calls_per_s: Some(0),
        ..Settings::default()
    });
    assert!(matches!(opened, Err(Error::NoCallsAllowed)));
}
