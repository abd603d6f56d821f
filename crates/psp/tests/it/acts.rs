//! The life of an intent.

use axum::http::StatusCode;
use serde_json::json;

use crate::harness::{BROWSER, Provider};

const GOOD: &str = "4242424242424242";

#[tokio::test]
async fn a_hold_is_captured_once() {
    let provider = Provider::new();
    let held = provider.authorize("s", GOOD).await;
    assert_eq!(held.status, StatusCode::OK);
    assert_eq!(held.state(), "requires_capture");
    assert_eq!(held.field("/amount_capturable"), "1999");
    assert_eq!(held.field("/metadata/buyer"), "b1");

    let captured = provider.capture(&held.id()).await;
    assert_eq!(captured.state(), "succeeded");
    assert_eq!(captured.field("/amount_received"), "1999");

    let again = provider.capture(&held.id()).await;
    assert_eq!(again.status, StatusCode::BAD_REQUEST);
    assert_eq!(again.error(), "payment_intent_unexpected_state");
    assert_eq!(again.field("/error/payment_intent/status"), "succeeded");
}

#[tokio::test]
async fn a_captured_intent_refuses_cancel() {
    let provider = Provider::new();
    let id = provider.authorize("s", GOOD).await.id();
    provider.capture(&id).await;
    let refused = provider.cancel(&id).await;
    assert_eq!(refused.error(), "payment_intent_unexpected_state");
    assert_eq!(refused.field("/error/payment_intent/id"), id);
}

#[tokio::test]
async fn a_canceled_intent_refuses_capture_cancel_and_confirm() {
    let provider = Provider::new();
    let id = provider.authorize("s", GOOD).await.id();
    let canceled = provider.cancel(&id).await;
    assert_eq!(canceled.state(), "canceled");
    assert_ne!(canceled.field("/canceled_at"), "null");
    for act in ["capture", "cancel", "confirm"] {
        let refused = provider
            .post(&format!("/v1/payment_intents/{id}/{act}"), "")
            .await;
        assert_eq!(refused.error(), "payment_intent_unexpected_state", "{act}");
        assert_eq!(refused.field("/error/payment_intent/status"), "canceled");
    }
}

#[tokio::test]
async fn a_declined_intent_takes_another_card() {
    let provider = Provider::new();
    let declined = provider.authorize("s", "4000000000000002").await;
    assert_eq!(declined.status, StatusCode::PAYMENT_REQUIRED);
    assert_eq!(declined.field("/error/type"), "card_error");
    assert_eq!(declined.error(), "card_declined");
    assert_eq!(declined.field("/error/decline_code"), "generic_decline");
    assert_eq!(
        declined.field("/error/payment_intent/status"),
        "requires_payment_method"
    );
    let id = declined.field("/error/payment_intent/id");
    let now = provider.intent(&id).await;
    assert_eq!(now.field("/last_payment_error/code"), "card_declined");

    let method = provider.save_card(GOOD).await.id();
    let confirmed = provider
        .post(
            &format!("/v1/payment_intents/{id}/confirm"),
            &format!("payment_method={method}"),
        )
        .await;
    assert_eq!(confirmed.state(), "requires_capture");
    assert_eq!(confirmed.field("/last_payment_error"), "null");
}

#[tokio::test]
async fn an_intent_may_be_confirmed_later() {
    let provider = Provider::new();
    let form = "amount=500&currency=usd&capture_method=manual&payment_method=pm_card_visa";
    let open = provider.post("/v1/payment_intents", form).await;
    assert_eq!(open.state(), "requires_confirmation");
    let confirm = format!("/v1/payment_intents/{}/confirm", open.id());
    assert_eq!(
        provider.post(&confirm, "").await.state(),
        "requires_capture"
    );

    let bare = provider
        .post("/v1/payment_intents", "amount=500&currency=usd")
        .await;
    assert_eq!(bare.state(), "requires_payment_method");
    let confirm = format!("/v1/payment_intents/{}/confirm", bare.id());
    let refused = provider.post(&confirm, "").await;
    assert_eq!(refused.error(), "payment_intent_unexpected_state");
}

#[tokio::test]
async fn automatic_capture_takes_the_money_at_once() {
    let provider = Provider::new();
    let form = "amount=500&currency=usd&confirm=true&payment_method=pm_card_visa&metadata[sale]=s";
    let paid = provider.post("/v1/payment_intents", form).await;
    assert_eq!(paid.state(), "succeeded");
    assert_eq!(provider.summary("s").await["captured_minor"], 500);
}

#[tokio::test]
async fn a_card_may_come_inside_the_intent() {
    let provider = Provider::new();
    let form = "amount=500&currency=usd&capture_method=manual&confirm=true\
                &payment_method_data[type]=card&payment_method_data[card][number]=4242424242424242\
                &payment_method_data[card][exp_month]=1&payment_method_data[card][exp_year]=48\
                &payment_method_data[card][cvc]=123&expand[]=latest_charge";
    let held = provider.post("/v1/payment_intents", form).await;
    assert_eq!(held.state(), "requires_capture");
    assert_eq!(
        held.field("/latest_charge/payment_method_details/card/exp_year"),
        "2048"
    );
}

#[tokio::test]
async fn the_charge_is_expanded_only_when_asked() {
    let provider = Provider::new();
    let held = provider.authorize("s", GOOD).await;
    assert!(held.field("/latest_charge").starts_with("ch_"));

    let path = format!("/v1/payment_intents/{}", held.id());
    let wide = provider
        .get(&format!("{path}?expand[]=latest_charge"))
        .await;
    let card = "/latest_charge/payment_method_details/card";
    assert_eq!(wide.field(&format!("{card}/brand")), "visa");
    assert_eq!(wide.field(&format!("{card}/last4")), "4242");
    let method = provider.save_card(GOOD).await;
    assert_eq!(
        wide.field(&format!("{card}/fingerprint")),
        method.field("/card/fingerprint")
    );
}

#[tokio::test]
async fn part_of_a_hold_may_be_captured() {
    let provider = Provider::new();
    let id = provider.authorize("s", GOOD).await.id();
    let path = format!("/v1/payment_intents/{id}/capture");
    let too_much = provider.post(&path, "amount_to_capture=2000").await;
    assert_eq!(too_much.error(), "amount_too_large");
    let captured = provider.post(&path, "amount_to_capture=1500").await;
    assert_eq!(captured.field("/amount_received"), "1500");
    assert_eq!(provider.summary("s").await["open_holds"], 0);
}

#[tokio::test]
async fn a_refund_gives_back_no_more_than_was_taken() {
    let provider = Provider::new();
    let id = provider.authorize("s", GOOD).await.id();
    let form = |amount: u32| format!("payment_intent={id}&amount={amount}");
    let early = provider.post("/v1/refunds", &form(1)).await;
    assert_eq!(early.error(), "payment_intent_unexpected_state");

    provider.capture(&id).await;
    let part = provider.post("/v1/refunds", &form(999)).await;
    assert_eq!(part.state(), "succeeded");
    let found = provider.get(&format!("/v1/refunds/{}", part.id())).await;
    assert_eq!(found.json(), part.json());
    let too_much = provider.post("/v1/refunds", &form(1001)).await;
    assert_eq!(too_much.status, StatusCode::BAD_REQUEST);
    let rest = provider
        .post("/v1/refunds", &format!("payment_intent={id}"))
        .await;
    assert_eq!(rest.field("/amount"), "1000");
    let nothing_left = provider.post("/v1/refunds", &form(1)).await;
    assert_eq!(nothing_left.error(), "charge_already_refunded");
}

#[tokio::test]
async fn the_list_is_newest_first_and_complete() {
    let provider = Provider::new();
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(provider.authorize("s", GOOD).await.id());
    }
    made.reverse();

    let mut seen = Vec::new();
    let mut path = "/v1/payment_intents?limit=2".to_owned();
    loop {
        let page = provider.get(&path).await.json();
        let data = page["data"].as_array().expect("data").clone();
        seen.extend(
            data.iter()
                .map(|i| i["id"].as_str().expect("id").to_owned()),
        );
        if page["has_more"] == json!(false) {
            break;
        }
        let last = seen.last().expect("a full page");
        path = format!("/v1/payment_intents?limit=2&starting_after={last}");
    }
    assert_eq!(seen, made);
}

#[tokio::test]
async fn wrong_parameters_are_named() {
    let provider = Provider::new();
    for (form, param, code) in [
        ("currency=eur", "amount", "parameter_missing"),
        ("amount=1", "currency", "parameter_missing"),
        (
            "amount=0&currency=eur",
            "amount",
            "parameter_invalid_integer",
        ),
        (
            "amount=-5&currency=eur",
            "amount",
            "parameter_invalid_integer",
        ),
        ("amount=1&currency=euro", "currency", ""),
        (
            "amount=1&currency=eur&capture_method=x",
            "capture_method",
            "",
        ),
        (
            "amount=1&currency=eur&confirm=true",
            "payment_method",
            "parameter_missing",
        ),
        (
            "amount=1&currency=eur&payment_method=pm_no",
            "payment_method",
            "resource_missing",
        ),
        (
            "amount=1&currency=eur&return_url=javascript:x",
            "return_url",
            "url_invalid",
        ),
    ] {
        let refused = provider.post("/v1/payment_intents", form).await;
        assert_eq!(refused.field("/error/type"), "invalid_request_error");
        assert_eq!(refused.field("/error/param"), param, "{form}");
        assert_eq!(refused.error(), code, "{form}");
    }
    let missing = provider.intent("pi_no").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert_eq!(missing.error(), "resource_missing");
}

#[tokio::test]
async fn the_publishable_key_only_saves_cards() {
    let provider = Provider::new();
    assert_eq!(provider.save_card(GOOD).await.status, StatusCode::OK);
    for path in [
        "/v1/payment_intents",
        "/v1/payment_methods/pm_x",
        "/oracle/summary",
        "/oracle/intents",
    ] {
        let refused = provider.get_as(BROWSER, path).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    for who in ["", "Bearer sk_wrong", "Bearer", "Basic !!"] {
        let refused = provider.get_as(who, "/v1/payment_intents").await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{who}");
    }
    // curl -u sk_test_sluice:
    let basic = "Basic c2tfdGVzdF9zbHVpY2U6";
    let listed = provider.get_as(basic, "/v1/payment_intents").await;
    assert_eq!(listed.status, StatusCode::OK);
}
