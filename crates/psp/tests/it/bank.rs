//! The bank's own books, for auditors.

use psp::{
    Settings,
    bank::{Bank, Kind, Movement},
};
use serde_json::json;

use crate::harness::{BROWSER, Provider};

const GOOD: &str = "4242424242424242";

#[tokio::test]
async fn the_oracle_tells_where_the_money_is() {
    let provider = Provider::new();
    provider.authorize("s", GOOD).await;
    let voided = provider.authorize("s", GOOD).await.id();
    provider.cancel(&voided).await;
    let captured = provider.authorize("s", GOOD).await.id();
    provider.capture(&captured).await;
    let refunded = provider.authorize("s", GOOD).await.id();
    provider.capture(&refunded).await;
    provider
        .post("/v1/refunds", &format!("payment_intent={refunded}"))
        .await;
    provider.authorize("s", "4000000000000002").await;
    provider.authorize("other", GOOD).await;

    assert_eq!(
        provider.summary("s").await,
        json!({
            "intents": 5, "open_holds": 1, "captured": 2, "voided": 1, "declined": 1,
            "refunded": 1, "captured_minor": 3998, "captured_and_voided": 0, "double_captures": 0,
        })
    );
    let all = provider.get("/oracle/summary").await;
    assert_eq!(all.field("/intents"), "6");
    assert_eq!(provider.summary("nothing").await["intents"], 0);
}

#[tokio::test]
async fn the_oracle_lists_what_intents_say_of_themselves() {
    let provider = Provider::new();
    let id = provider.authorize("s", GOOD).await.id();
    provider.authorize("other", GOOD).await;
    let listed = provider.get("/oracle/intents?sale=s").await.json();
    assert_eq!(
        listed,
        json!([{
            "id": id, "status": "requires_capture", "amount": 1999,
            "metadata": {"buyer": "b1", "sale": "s"},
        }])
    );
}

#[test]
fn the_bank_catches_a_lie() {
    let tell = |bank: &mut Bank, intent: &str, kinds: &[Kind]| {
        for &kind in kinds {
            bank.record(&Movement {
                at: 0,
                intent: intent.to_owned(),
                sale: None,
                purse: None,
                kind,
                amount: 100,
            });
        }
    };
    let mut bank = Bank::default();
    tell(
        &mut bank,
        "twice",
        &[Kind::Hold, Kind::Capture, Kind::Capture],
    );
    tell(&mut bank, "both", &[Kind::Hold, Kind::Capture, Kind::Void]);
    tell(&mut bank, "orphan", &[Kind::Hold]);
    let summary = bank.summary(None);
    assert_eq!(summary.double_captures, 1);
    assert_eq!(summary.captured_and_voided, 1);
    assert_eq!(summary.open_holds, 1);
}

#[tokio::test]
async fn anybody_may_ask_whether_it_is_well() {
    let provider = Provider::new();
    let health = provider.get_as(BROWSER, "/health").await;
    assert_eq!(health.state(), "ok");
}

#[tokio::test]
async fn a_card_pays_what_it_has_and_no_more() {
    let provider = Provider::with(Settings {
        card_limit: Some(5000),
        ..Settings::default()
    });
    let card = provider.save_card(GOOD).await.field("/card/fingerprint");
    let statement = || async {
        let path = format!("/oracle/cards?card={card}");
        provider.get(&path).await.json()[0].clone()
    };
    let first = provider.authorize("s", GOOD).await.id();
    let second = provider.authorize("s", GOOD).await.id();
    let refused = provider.authorize("s", GOOD).await;
    assert_eq!(refused.field("/error/decline_code"), "insufficient_funds");
    assert_eq!(
        statement().await,
        json!({
            "card": card, "currency": "eur", "limit": 5000, "held": 3998, "holds": 2,
            "taken": 0, "refunded": 0, "available": 1002,
        })
    );

    provider.capture(&first).await;
    provider.cancel(&second).await;
    provider
        .post("/v1/refunds", &format!("payment_intent={first}&amount=999"))
        .await;
    let now = statement().await;
    assert_eq!((&now["held"], &now["holds"]), (&json!(0), &json!(0)));
    assert_eq!(
        (&now["taken"], &now["refunded"]),
        (&json!(1999), &json!(999))
    );
    assert_eq!(now["available"], 4000);
}

#[tokio::test]
async fn a_card_may_have_a_limit_of_its_own() {
    let provider = Provider::new();
    let card = provider.save_card(GOOD).await.field("/card/fingerprint");
    let limit = json!({"card": card, "currency": "EUR", "limit": 1000});
    provider.control("/control/cards", &limit).await;
    let refused = provider.authorize("s", GOOD).await;
    assert_eq!(refused.field("/error/decline_code"), "insufficient_funds");
    let other = provider.authorize("s", "4242000000000018").await;
    assert_eq!(other.state(), "requires_capture");
    let limit = json!({"card": card, "currency": "eur", "limit": null});
    provider.control("/control/cards", &limit).await;
    assert_eq!(
        provider.authorize("s", GOOD).await.state(),
        "requires_capture"
    );
}
