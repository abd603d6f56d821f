//! The virtual clock: a hold lasts seven days, and then the bank gives it back by itself.

use std::path::Path;

use psp::Settings;
use serde_json::json;

use crate::harness::Provider;

const GOOD: &str = "4242424242424242";
const DAY: u64 = 86_400;

async fn days_pass(provider: &Provider, days: u64) {
    provider
        .control("/control/clock", &json!({"advance_s": days * DAY}))
        .await;
}

#[tokio::test]
async fn an_uncaptured_hold_expires_and_a_captured_one_does_not() {
    let provider = Provider::new();
    let held = provider.authorize("s", GOOD).await.id();
    let captured = provider.authorize("s", GOOD).await.id();
    provider.capture(&captured).await;
    days_pass(&provider, 6).await;
    assert_eq!(provider.intent(&held).await.state(), "requires_capture");

    days_pass(&provider, 1).await;
    let expired = provider.intent(&held).await;
    assert_eq!(expired.state(), "canceled");
    assert_eq!(expired.field("/cancellation_reason"), "automatic");
    let late = provider.capture(&held).await;
    assert_eq!(late.error(), "payment_intent_unexpected_state");
    assert_eq!(provider.intent(&captured).await.state(), "succeeded");
    let bank = provider.summary("s").await;
    assert_eq!(
        (&bank["open_holds"], &bank["voided"]),
        (&json!(0), &json!(1))
    );
}

#[tokio::test]
async fn the_charge_says_until_when_it_can_be_captured() {
    let provider = Provider::with(Settings {
        hold_s: 100,
        ..Settings::default()
    });
    let id = provider.authorize("s", GOOD).await.id();
    let path = format!("/v1/payment_intents/{id}?expand[]=latest_charge");
    let held = provider.get(&path).await;
    let number = |pointer| held.field(pointer).parse::<u64>().expect("a number");
    assert_eq!(
        number("/latest_charge/payment_method_details/card/capture_before"),
        number("/latest_charge/created") + 100
    );
}

#[tokio::test]
async fn the_clock_is_remembered_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("bank.jsonl");
    let open = |file: &Path| {
        Provider::with(Settings {
            data: Some(file.to_owned()),
            ..Settings::default()
        })
    };
    let provider = open(&file);
    let early = provider.authorize("s", GOOD).await.id();
    days_pass(&provider, 6).await;
    let late = provider.authorize("s", GOOD).await.id();
    drop(provider);

    let provider = open(&file);
    let clock = provider.get("/control/clock").await;
    assert_eq!(clock.field("/ahead_s"), (6 * DAY).to_string());
    days_pass(&provider, 1).await;
    assert_eq!(provider.intent(&early).await.state(), "canceled");
    assert_eq!(provider.intent(&late).await.state(), "requires_capture");
    drop(provider);
    let provider = open(&file);
    assert_eq!(provider.intent(&early).await.state(), "canceled");
    assert_eq!(provider.summary("s").await["voided"], 1);
}
