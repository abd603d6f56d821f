//! The bank's own books, for auditors.

use psp::bank::{Bank, Kind, Movement};
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
