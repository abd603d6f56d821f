//! How each test card behaves.

use axum::http::StatusCode;

use crate::harness::{BROWSER, Provider, hold};

#[tokio::test]
async fn test_cards_decline_for_their_reason() {
    let provider = Provider::new();
    for (number, code, decline_code) in [
        ("4000000000000002", "card_declined", "generic_decline"),
        ("4000000000009995", "card_declined", "insufficient_funds"),
        ("4000000000000069", "expired_card", "expired_card"),
        ("4111111111111111", "card_declined", "test_mode_live_card"),
    ] {
        let declined = provider.authorize("s", number).await;
        assert_eq!(declined.status, StatusCode::PAYMENT_REQUIRED, "{number}");
        assert_eq!(declined.field("/error/type"), "card_error");
        assert_eq!(declined.error(), code, "{number}");
        assert_eq!(declined.field("/error/decline_code"), decline_code);
    }
}

#[tokio::test]
async fn a_crowd_has_as_many_cards_as_it_needs() {
    let provider = Provider::new();
    let one = provider.save_card("4242424242424242").await;
    let two = provider.save_card("4242000000000018").await;
    assert_eq!(two.status, StatusCode::OK, "{}", two.text);
    let print = "/card/fingerprint";
    assert_ne!(one.field(print), two.field(print));
    let again = provider.save_card("4242 4242 4242 4242").await;
    assert_eq!(one.field(print), again.field(print));
    assert_ne!(one.id(), again.id());
    let held = provider.authorize("s", "4242000000000018").await;
    assert_eq!(held.state(), "requires_capture");
}

#[tokio::test]
async fn a_card_that_cannot_exist_is_not_saved() {
    let provider = Provider::new();
    for (form, code) in [
        (
            "card[number]=4242424242424241&card[exp_month]=12&card[exp_year]=48",
            "incorrect_number",
        ),
        (
            "card[number]=42&card[exp_month]=12&card[exp_year]=48",
            "incorrect_number",
        ),
        (
            "card[number]=4242424242424242&card[exp_month]=13&card[exp_year]=48",
            "invalid_expiry_month",
        ),
        (
            "card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2019",
            "invalid_expiry_year",
        ),
        (
            "card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=48&card[cvc]=12",
            "invalid_cvc",
        ),
    ] {
        let form = format!("type=card&{form}");
        let refused = provider
            .post_as(BROWSER, "/v1/payment_methods", &form)
            .await;
        assert_eq!(refused.status, StatusCode::PAYMENT_REQUIRED, "{form}");
        assert_eq!(refused.error(), code, "{form}");
    }
}

#[tokio::test]
async fn stripes_ready_made_methods_work() {
    let provider = Provider::new();
    let path = "/v1/payment_intents";
    let visa = provider.post(path, &hold("s", "pm_card_visa")).await;
    assert_eq!(visa.state(), "requires_capture");
    let declined = provider
        .post(path, &hold("s", "pm_card_chargeDeclined"))
        .await;
    assert_eq!(declined.error(), "card_declined");
    let challenged = provider
        .post(path, &hold("s", "pm_card_authenticationRequired"))
        .await;
    assert_eq!(challenged.state(), "requires_action");
}

#[tokio::test]
async fn one_card_approves_the_hold_and_refuses_the_capture_for_good() {
    let provider = Provider::new();
    let held = provider.authorize("s", "4000000000005126").await;
    assert_eq!(held.state(), "requires_capture");
    for _ in 0..2 {
        let refused = provider.capture(&held.id()).await;
        assert_eq!(refused.status, StatusCode::PAYMENT_REQUIRED);
        assert_eq!(refused.error(), "card_declined");
        assert_eq!(
            refused.field("/error/payment_intent/status"),
            "requires_capture"
        );
    }
    assert_eq!(provider.summary("s").await["open_holds"], 1);
    assert_eq!(provider.cancel(&held.id()).await.state(), "canceled");
    assert_eq!(provider.summary("s").await["open_holds"], 0);
}

#[tokio::test]
async fn the_shop_can_look_at_a_saved_card() {
    let provider = Provider::new();
    let saved = provider.save_card("5555555555554444").await;
    let found = provider
        .get(&format!("/v1/payment_methods/{}", saved.id()))
        .await;
    assert_eq!(found.json(), saved.json());
    assert_eq!(found.field("/card/brand"), "mastercard");
    assert_eq!(found.field("/card/last4"), "4444");
}
