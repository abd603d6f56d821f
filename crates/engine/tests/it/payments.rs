//! Holds: declined, approved, refused at the last step.

use crate::harness::{Shop, good_card, until};
use engine::Error;
use protocol::ticket::Ticket;
use protocol::wire::{AuthorizationStatus, AuthorizeRequest, OrderStatus};

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_card_is_told_and_another_may_be_tried() {
    let shop = Shop::with(1).await;
    let ticket = shop.joins().await;
    let declined = shop.authorizes(&ticket, "4000000000009995").await;
    assert_eq!(declined.status, AuthorizationStatus::Declined);
    assert_eq!(declined.decline_code.as_deref(), Some("insufficient_funds"));
    let held = shop.authorizes(&ticket, &good_card(1)).await;
    assert_eq!(held.status, AuthorizationStatus::Authorized);
    assert_eq!(shop.bank().await["open_holds"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_has_one_hold_however_often_it_asks() {
    let shop = Shop::with(1).await;
    let ticket = shop.joins().await;
    let request = AuthorizeRequest {
        payment_method: shop.card(&good_card(1)).await,
        email: "a@example.org".into(),
    };
    let asked =
        futures::future::join_all((0..20).map(|_| shop.engine.authorize(&ticket, &request))).await;
    assert!(
        asked
            .into_iter()
            .all(|hold| hold.unwrap().status == AuthorizationStatus::Authorized)
    );
    assert_eq!(shop.bank().await["open_holds"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_number_in_two_hands_is_still_one_persons_payment_and_order() {
    let shop = Shop::with(1).await;
    let mine = shop.joins().await;
    shop.authorizes(&mine, &good_card(1)).await;
    let theirs = Ticket {
        shopper: [9; 16],
        ..mine.clone()
    };
    let request = AuthorizeRequest {
        payment_method: shop.card(&good_card(2)).await,
        email: "b@example.org".into(),
    };
    let refused = shop.engine.authorize(&theirs, &request).await;
    assert!(matches!(refused, Err(Error::TicketInvalid)), "{refused:?}");
    assert!(
        shop.engine
            .standing(&theirs)
            .await
            .unwrap()
            .authorization
            .is_none()
    );
    shop.opens().await;
    let stolen = shop.buys(&theirs).await;
    assert!(
        matches!(stolen, Err(Error::AuthorizationRequired)),
        "{stolen:?}"
    );
    let order = shop.buys(&mine).await.unwrap();
    let seen = shop.engine.order(&theirs, &order.order).await;
    assert!(matches!(seen, Err(Error::UnknownOrder)), "{seen:?}");
    let standing = shop.engine.standing(&theirs).await.unwrap();
    assert!(standing.order.is_none() && standing.authorization.is_none());
    assert!(shop.engine.standing(&mine).await.unwrap().order.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_wants_approval_is_held_after_it() {
    let shop = Shop::with(1).await;
    let ticket = shop.joins().await;
    let request = AuthorizeRequest {
        payment_method: shop.card("4000002760003184").await,
        email: "a@example.org".into(),
    };
    let asked = shop.engine.authorize(&ticket, &request).await.unwrap();
    assert_eq!(asked.status, AuthorizationStatus::RequiresAction);
    let page = asked.action_url.unwrap();
    assert!(page.starts_with(&shop.psp_url));

    let another = shop.authorizes(&ticket, &good_card(1)).await;
    assert_eq!(another.status, AuthorizationStatus::Authorized);
    until("the first is given up", async || {
        let bank = shop.bank().await;
        (bank["open_holds"] == 1).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_capture_gives_the_unit_to_the_next_in_line() {
    let shop = Shop::with(1).await;
    let (one, other) = (shop.joins().await, shop.joins().await);
    shop.authorizes(&one, "4000000000005126").await;
    shop.authorizes(&other, &good_card(1)).await;
    shop.opens().await;
    let order = shop.buys(&one).await.unwrap();
    until("the capture is refused", async || {
        let order = shop.engine.order(&one, &order.order).await.unwrap();
        (order.status == OrderStatus::Failed).then_some(())
    })
    .await;
    let next = until("the unit comes back", async || shop.buys(&other).await.ok()).await;
    assert_eq!(next.unit, order.unit);
    let report = shop.settles().await;
    assert_eq!((report.orders, report.captured), (1, 1));
    assert_eq!(shop.bank().await["open_holds"], 0);
}
