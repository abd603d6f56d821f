//! The provider keeps a 500 under a key and gives it for ever, as Stripe does: no call may hang on it, and
//! none may happen twice because of it.

use crate::harness::{Shop, good_card, until};
use protocol::ticket::Ticket;
use protocol::wire::{AuthorizationStatus, AuthorizeRequest, OrderStatus};
use serde_json::json;

async fn order(shop: &Shop, call: &str, fault: &str) {
    let ordered = reqwest::Client::new()
        .post(format!("{}/control/next", shop.psp_url))
        .bearer_auth("sk_test_sluice")
        .json(&json!({"call": call, "fault": fault}))
        .send()
        .await
        .unwrap();
    assert!(ordered.status().is_success());
}

async fn holds(shop: &Shop, ticket: &Ticket) {
    let request = AuthorizeRequest {
        payment_method: shop.card(&good_card(1)).await,
        email: "a@example.org".into(),
    };
    until("the price is held", async || {
        let asked = shop.engine.authorize(ticket, &request).await.unwrap();
        (asked.status == AuthorizationStatus::Authorized).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_is_made_once_whatever_the_kept_failure_hides() {
    for fault in ["error_before", "error_after"] {
        let shop = Shop::with(1).await;
        let ticket = shop.joins().await;
        order(&shop, "create", fault).await;
        holds(&shop, &ticket).await;
        let bank = shop.bank().await;
        assert_eq!(
            (&bank["intents"], &bank["open_holds"]),
            (&json!(1), &json!(1)),
            "{fault}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_happens_once_whatever_the_kept_failure_hides() {
    for fault in ["error_before", "error_after"] {
        let shop = Shop::with(1).await;
        let ticket = shop.joins().await;
        holds(&shop, &ticket).await;
        order(&shop, "capture", fault).await;
        shop.opens().await;
        let bought = shop.buys(&ticket).await.unwrap();
        until("it is paid", async || {
            let order = shop.engine.order(&ticket, &bought.order).await.unwrap();
            (order.status == OrderStatus::Captured).then_some(())
        })
        .await;
        let bank = shop.bank().await;
        assert_eq!(
            (
                &bank["captured"],
                &bank["double_captures"],
                &bank["open_holds"]
            ),
            (&json!(1), &json!(0), &json!(0)),
            "{fault}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_is_released_whatever_the_kept_failure_hides() {
    for fault in ["error_before", "error_after"] {
        let shop = Shop::with(1).await;
        let ticket = shop.joins().await;
        holds(&shop, &ticket).await;
        order(&shop, "cancel", fault).await;
        shop.engine.leave(&ticket).await.unwrap();
        until("the hold is released", async || {
            (shop.bank().await["open_holds"] == 0).then_some(())
        })
        .await;
        assert_eq!(shop.bank().await["voided"], 1, "{fault}");
    }
}
