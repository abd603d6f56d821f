//! A shopper's way, and many at once.

use crate::harness::{Shop, good_card, until};
use engine::Error;
use engine::sale::Act;
use futures::future::join_all;
use protocol::Phase;
use protocol::wire::{AuthorizationStatus, OrderStatus};

#[tokio::test(flavor = "multi_thread")]
async fn winners_pay_with_one_click_and_losers_get_their_money_back() {
    let shop = Shop::with(2).await;
    let tickets = join_all((0..5).map(|_| shop.joins())).await;
    for (i, ticket) in tickets.iter().enumerate() {
        let hold = shop.authorizes(ticket, &good_card(i as u64)).await;
        assert_eq!(hold.status, AuthorizationStatus::Authorized);
    }
    shop.opens().await;
    let outcomes = join_all(tickets.iter().map(|ticket| shop.buys(ticket))).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 2);
    assert!(
        outcomes
            .iter()
            .all(|o| matches!(o, Ok(_) | Err(Error::SoldOut))),
        "{outcomes:?}"
    );

    let report = shop.settles().await;
    assert_eq!((report.orders, report.captured, report.free), (2, 2, 0));
    let bank = shop.bank().await;
    assert_eq!(
        (&bank["captured"], &bank["voided"], &bank["open_holds"]),
        (&2.into(), &3.into(), &0.into())
    );
    for (ticket, outcome) in tickets.iter().zip(outcomes) {
        let standing = shop.engine.standing(ticket).await.unwrap();
        match outcome {
            Ok(order) => {
                let now = standing.order.unwrap();
                assert_eq!(
                    (now.order, now.status),
                    (order.order, OrderStatus::Captured)
                );
            }
            Err(_) => assert_eq!(
                standing.authorization.unwrap().status,
                AuthorizationStatus::Voided
            ),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_identical_clicks_are_one_order() {
    let shop = Shop::with(5).await;
    let ticket = shop.joins().await;
    shop.authorizes(&ticket, &good_card(1)).await;
    shop.opens().await;
    let orders = join_all((0..100).map(|_| shop.buys(&ticket))).await;
    let names: std::collections::BTreeSet<_> = orders
        .into_iter()
        .map(|order| order.unwrap().order)
        .collect();
    assert_eq!(names.len(), 1);
    assert_eq!(shop.snapshot().stock.total - shop.until_claimed(1).await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_hold_nothing_is_reserved() {
    let shop = Shop::with(1).await;
    let ticket = shop.joins().await;
    shop.opens().await;
    assert!(matches!(
        shop.buys(&ticket).await,
        Err(Error::AuthorizationRequired)
    ));
    let report = shop.engine.audit(&shop.sale).await.unwrap();
    assert_eq!((report.free, report.reserved), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_card_wins_once_whoever_holds_it() {
    let shop = Shop::with(5).await;
    let (one, other) = (shop.joins().await, shop.joins().await);
    shop.authorizes(&one, &good_card(7)).await;
    shop.authorizes(&other, &good_card(7)).await;
    shop.opens().await;
    shop.buys(&one).await.unwrap();
    assert!(matches!(shop.buys(&other).await, Err(Error::LimitReached)));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_card_wins_as_often_as_the_limit_says() {
    let shop = Shop::for_buyers(5, 2).await;
    let tickets = join_all((0..4).map(|_| shop.joins())).await;
    for ticket in &tickets {
        shop.authorizes(ticket, &good_card(7)).await;
    }
    shop.opens().await;
    let orders = join_all(tickets.iter().map(|ticket| shop.buys(ticket))).await;
    let refused = |order: &Result<_, _>| matches!(order, Err(Error::LimitReached));
    assert_eq!(orders.iter().filter(|order| order.is_ok()).count(), 2);
    assert_eq!(orders.iter().filter(|order| refused(order)).count(), 2);
    shop.engine.act(&shop.sale, Act::End, "").await.unwrap();
    shop.settles().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_sale_sells_nothing_and_resumes_where_it_was() {
    let shop = Shop::with(1).await;
    let ticket = shop.joins().await;
    shop.authorizes(&ticket, &good_card(1)).await;
    shop.opens().await;
    let pass = until("the pass", async || {
        shop.engine.pass(&ticket, None).await.ok()
    })
    .await;
    let pass = shop.engine.read_pass(&shop.sale, &pass.pass).unwrap();
    shop.engine
        .act(&shop.sale, Act::Pause, "A moment, please.")
        .await
        .unwrap();
    assert!(matches!(
        shop.engine.buy(&pass).await,
        Err(Error::WrongPhase(Phase::Paused))
    ));
    let told = shop.until_phase(Phase::Paused).await;
    assert_eq!(told.message.as_deref(), Some("A moment, please."));
    shop.engine.act(&shop.sale, Act::Resume, "").await.unwrap();
    shop.engine.buy(&pass).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_is_not_admitted_and_gets_the_hold_back() {
    let shop = Shop::with(1).await;
    let ticket = shop.joins().await;
    shop.authorizes(&ticket, &good_card(1)).await;
    shop.engine.leave(&ticket).await.unwrap();
    shop.engine.leave(&ticket).await.unwrap();
    shop.opens().await;
    assert!(matches!(shop.buys(&ticket).await, Err(Error::TicketLeft)));
    until("the hold is released", async || {
        (shop.bank().await["open_holds"] == 0).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_sale_releases_every_hold() {
    let shop = Shop::with(3).await;
    let tickets = join_all((0..4).map(|_| shop.joins())).await;
    for (i, ticket) in tickets.iter().enumerate() {
        shop.authorizes(ticket, &good_card(i as u64)).await;
    }
    shop.opens().await;
    shop.buys(&tickets[0]).await.unwrap();
    shop.engine.act(&shop.sale, Act::End, "").await.unwrap();
    let report = shop.settles().await;
    assert_eq!((report.orders, report.captured), (1, 1));
    let bank = shop.bank().await;
    assert_eq!(
        (&bank["captured"], &bank["open_holds"]),
        (&1.into(), &0.into())
    );
}

impl Shop {
    /// Waits until so many units are claimed and answers how many are.
    async fn until_claimed(&self, units: u32) -> u32 {
        until("units are claimed", async || {
            Some(self.snapshot().stock.claimed).filter(|c| *c >= units)
        })
        .await
    }
}
