//! Cards that the provider keeps until the turn is near: policy `by_rank`.

use crate::harness::{Shop, good_card, until};
use engine::pay::{Gateway as _, GatewayError, IntentState};
use engine::pay::{Hold, Keep, Kept, Stripe};
use engine::sale::Act;
use protocol::wire::{AuthorizationStatus, AuthorizeRequest};
use std::time::Duration;

/// For whom the provider keeps a card, by its own word.
async fn keeper(shop: &Shop, card: &str) -> Option<String> {
    let url = format!("{}/v1/payment_methods/{card}", shop.psp_url);
    let asking = reqwest::Client::new()
        .get(url)
        .bearer_auth("sk_test_sluice");
    let method: serde_json::Value = asking.send().await.unwrap().json().await.unwrap();
    assert_eq!(method["id"], card, "{method}");
    method["customer"].as_str().map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_kept_while_people_wait_and_forgotten_when_the_sale_is_over() {
    let shop = Shop::by_rank(1).await;
    let mut cards = Vec::new();
    for n in 0..8 {
        let ticket = shop.joins().await;
        let card = shop.card(&good_card(n)).await;
        let request = AuthorizeRequest {
            payment_method: card.clone(),
            email: "a@example.org".into(),
        };
        let kept = shop.engine.authorize(&ticket, &request).await.unwrap();
        assert_eq!(kept.status, AuthorizationStatus::Saved);
        cards.push((ticket, card));
    }
    for (_, card) in &cards {
        until("the card is kept", async || keeper(&shop, card).await).await;
    }
    assert_eq!(shop.bank().await["intents"], 0, "and nothing is held");
    shop.opens().await;
    let snapshot = shop.snapshot();
    let first = |(ticket, _): &&(protocol::ticket::Ticket, String)| {
        snapshot.rank_of(ticket.number) == Some(protocol::Rank(0))
    };
    let (ticket, _) = cards.iter().find(first).unwrap();
    until("the kept card is held", async || {
        let standing = shop.engine.standing(ticket).await.unwrap();
        (standing.authorization?.status == AuthorizationStatus::Authorized).then_some(())
    })
    .await;
    shop.buys(ticket).await.unwrap();
    shop.settles().await;
    let far = cards
        .iter()
        .filter(|(it, _)| snapshot.rank_of(it.number) > Some(protocol::Rank(3)));
    for (_, card) in far {
        until("the card is forgotten", async || {
            keeper(&shop, card).await.is_none().then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_was_only_kept_is_told_as_no_hold_that_was_released() {
    let shop = Shop::by_rank(1).await;
    let (leaves, stays) = (shop.joins().await, shop.joins().await);
    for (n, ticket) in [&leaves, &stays].into_iter().enumerate() {
        let kept = shop.authorizes(ticket, &good_card(n as u64)).await;
        assert_eq!(kept.status, AuthorizationStatus::Saved);
    }
    shop.engine.leave(&leaves).await.unwrap();
    shop.engine.act(&shop.sale, Act::End, "").await.unwrap();
    for ticket in [&leaves, &stays] {
        until("the card is given up", async || {
            let standing = shop.engine.standing(ticket).await.ok()?;
            (standing.authorization?.status == AuthorizationStatus::Unheld).then_some(())
        })
        .await;
    }
    assert_eq!(shop.bank().await["intents"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_its_bank_does_not_like_is_told_at_once() {
    let shop = Shop::by_rank(1).await;
    let ticket = shop.joins().await;
    let told = shop.authorizes(&ticket, "4000000000009995").await;
    assert_eq!(told.status, AuthorizationStatus::Declined);
    assert_eq!(told.decline_code.as_deref(), Some("insufficient_funds"));
    let again = shop.authorizes(&ticket, &good_card(1)).await;
    assert_eq!(again.status, AuthorizationStatus::Saved);
    assert_eq!(shop.bank().await["intents"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_keeps_a_card_once_uses_it_and_forgets_it() {
    let shop = Shop::with(1).await;
    let client = Stripe::new(
        &shop.psp_url,
        "sk_test_sluice".into(),
        Duration::from_secs(10),
    )
    .unwrap();
    let card = Keep {
        payment_method: shop.card(&good_card(1)).await,
        sale: shop.sale.to_string(),
        payment: "p".into(),
    };
    let kept = client.keep("keep", &card).await.unwrap();
    assert_eq!(client.keep("keep", &card).await, Ok(kept.clone()));
    let Kept::For(customer) = kept else {
        panic!("{kept:?}")
    };
    let mut hold = Hold {
        amount: protocol::Money {
            minor: 12_900,
            currency: protocol::Currency::parse("EUR").unwrap(),
        },
        payment_method: card.payment_method.clone(),
        customer: None,
        sale: card.sale.clone(),
        payment: card.payment.clone(),
    };
    let refused = client.authorize("without", &hold).await;
    assert!(
        matches!(refused, Err(GatewayError::Refused(_))),
        "{refused:?}"
    );
    hold.customer = Some(customer.clone());
    let held = client.authorize("with", &hold).await.unwrap();
    assert_eq!(held.state, IntentState::Authorized);
    client.cancel("void", &held.id).await.unwrap();
    for _ in 0..2 {
        assert_eq!(client.forget(&customer).await, Ok(()));
    }
    assert_eq!(keeper(&shop, &card.payment_method).await, None);
}
