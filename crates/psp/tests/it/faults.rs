//! What goes wrong on order, and what the bank knows of it.

use axum::http::StatusCode;
use psp::{Faults, Settings};
use serde_json::{Value, json};

use crate::harness::{BROWSER, Lost, Provider, hold};

const PATH: &str = "/v1/payment_intents";
const GOOD: &str = "4242424242424242";

async fn order(provider: &Provider, call: &str, fault: &str) {
    let ordered = provider
        .control("/control/next", &json!({"call": call, "fault": fault}))
        .await;
    assert_eq!(ordered.status, StatusCode::OK, "{}", ordered.text);
}

#[tokio::test]
async fn a_lost_reply_is_found_under_the_same_key() {
    let provider = Provider::new();
    let form = hold("s", "pm_card_visa");
    order(&provider, "create", "lost_reply").await;
    assert!(provider.try_post("k", PATH, &form).await.is_err());
    assert_eq!(provider.summary("s").await["open_holds"], 1);
    let replay = provider.post_with_key("k", PATH, &form).await;
    assert_eq!(replay.state(), "requires_capture");
    assert_eq!(replay.header("idempotent-replayed"), "true");
    assert_eq!(provider.summary("s").await["open_holds"], 1);
}

#[tokio::test]
async fn a_lost_request_never_reached_the_bank() {
    let provider = Provider::new();
    let form = hold("s", "pm_card_visa");
    order(&provider, "create", "lost_request").await;
    let lost: Result<_, Lost> = provider.try_post("k", PATH, &form).await;
    assert!(lost.is_err());
    assert_eq!(provider.summary("s").await["intents"], 0);
    let first = provider.post_with_key("k", PATH, &form).await;
    assert_eq!(first.header("idempotent-replayed"), "");
}

#[tokio::test]
async fn half_an_answer_hides_a_whole_act() {
    let provider = Provider::new();
    let id = provider.authorize("s", GOOD).await.id();
    order(&provider, "capture", "truncated_reply").await;
    let half = provider.capture(&id).await;
    assert_eq!(half.status, StatusCode::OK);
    assert!(serde_json::from_str::<Value>(&half.text).is_err());
    assert_eq!(provider.intent(&id).await.state(), "succeeded");
}

#[tokio::test]
async fn a_500_is_remembered_whether_the_bank_acted_or_not() {
    let provider = Provider::new();
    for (key, fault, done) in [("before", "error_before", 0), ("after", "error_after", 1)] {
        let form = hold(key, "pm_card_visa");
        order(&provider, "create", fault).await;
        let first = provider.post_with_key(key, PATH, &form).await;
        assert_eq!(first.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(first.field("/error/type"), "api_error");
        let second = provider.post_with_key(key, PATH, &form).await;
        assert_eq!(second.text, first.text);
        assert_eq!(second.header("idempotent-replayed"), "true");
        assert_eq!(provider.summary(key).await["open_holds"], done, "{fault}");
    }
    // Without a key nothing can be remembered.
    order(&provider, "create", "error_before").await;
    let first = provider.post(PATH, &hold("s", "pm_card_visa")).await;
    assert_eq!(first.status, StatusCode::INTERNAL_SERVER_ERROR);
    let second = provider.post(PATH, &hold("s", "pm_card_visa")).await;
    assert_eq!(second.status, StatusCode::OK);
}

#[tokio::test]
async fn a_storm_of_429_does_nothing_and_burns_no_key() {
    let provider = Provider::new();
    let form = hold("s", "pm_card_visa");
    order(&provider, "create", "rate_limited").await;
    let limited = provider.post_with_key("k", PATH, &form).await;
    assert_eq!(limited.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(provider.summary("s").await["intents"], 0);
    let held = provider.post_with_key("k", PATH, &form).await;
    assert_eq!(held.status, StatusCode::OK);
}

#[tokio::test]
async fn questions_fail_too_and_browsers_never() {
    let provider = Provider::with(Settings {
        faults: Faults {
            error_before: 1.0,
            ..Faults::default()
        },
        ..Settings::default()
    });
    let asked = provider.get(PATH).await;
    assert_eq!(asked.status, StatusCode::INTERNAL_SERVER_ERROR);
    for _ in 0..20 {
        assert_eq!(provider.save_card(GOOD).await.status, StatusCode::OK);
    }
    provider.control("/control/faults", &json!("none")).await;
    assert_eq!(provider.get(PATH).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_control_says_what_it_does_and_refuses_what_it_cannot() {
    let provider = Provider::new();
    let stormy = provider.control("/control/faults", &json!("storm")).await;
    let shown = provider.get("/control/faults").await;
    assert_eq!(shown.json(), stormy.json());
    assert_eq!(shown.json(), json!(Faults::storm()));
    for (path, body) in [
        ("/control/faults", json!("hurricane")),
        ("/control/faults", json!({"lost_reply": 2.0})),
        (
            "/control/next",
            json!({"call": "dance", "fault": "lost_reply"}),
        ),
        ("/control/next", json!({"call": "get", "fault": "boredom"})),
        ("/control/rate", json!({"calls_per_s": 0})),
        ("/control/clock", json!({"advance_s": -1})),
    ] {
        let refused = provider.control(path, &body).await;
        assert!(refused.status.is_client_error(), "{path} {body}");
    }
    let browser = provider.get_as(BROWSER, "/control/faults").await;
    assert_eq!(browser.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_rate_can_be_changed_while_it_runs() {
    let provider = Provider::new();
    provider
        .control("/control/rate", &json!({"calls_per_s": 1}))
        .await;
    let mut limited = 0;
    for _ in 0..5 {
        let answer = provider.get(PATH).await;
        limited += u32::from(answer.status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert!(limited >= 3, "{limited}");
    provider
        .control("/control/rate", &json!({"calls_per_s": null}))
        .await;
    assert_eq!(provider.get(PATH).await.status, StatusCode::OK);
}
