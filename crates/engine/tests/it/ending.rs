//! An edge that is told to stop ends what it has begun.

use crate::harness::{Shop, good_card, until};
use protocol::wire::{AuthorizationStatus, AuthorizeRequest};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn what_the_bank_is_answering_is_kept() {
    let slow = Duration::from_millis(500);
    let mut shop = Shop::paid_slowly(1, slow, slow * 20).await;
    let ticket = shop.joins().await;
    let request = AuthorizeRequest {
        payment_method: shop.card(&good_card(1)).await,
        email: "a@example.org".into(),
    };
    let (engine, who) = (shop.engine.clone(), ticket.clone());
    tokio::spawn(async move { engine.authorize(&who, &request).await });
    until("the bank is asked", async || {
        (shop.bank().await["intents"] == 1).then_some(())
    })
    .await;

    shop.stops().await;
    let standing = shop.engine.standing(&ticket).await.unwrap();
    let status = standing.authorization.unwrap().status;
    assert_eq!(status, AuthorizationStatus::Authorized);
}
