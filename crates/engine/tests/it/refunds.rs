//! Money that goes back, cards that are kept, and a second card after a refused capture.

use crate::harness::{Shop, good_card, until};
use engine::Error;
use protocol::Phase;
use protocol::wire::{
    AuthorizationStatus, AuthorizeRequest, HoldPolicy, OrderStatus, RefundRequest,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_in_parts_and_the_rest_gives_the_unit_to_the_next_in_line() {
    let shop = Shop::with(1).await;
    let (one, other) = (shop.joins().await, shop.joins().await);
    shop.authorizes(&one, &good_card(1)).await;
    shop.opens().await;
    let order = shop.buys(&one).await.unwrap();
    let status = async |wanted| {
        until("the order moves", async || {
            let now = shop.engine.order(&one, &order.order).await.unwrap();
            (now.status == wanted).then_some(())
        })
        .await;
    };
    status(OrderStatus::Captured).await;
    let part = RefundRequest {
        minor: Some(900),
        restock: false,
    };
    let refund = async |request| shop.engine.refund(&shop.sale, &order.order, request).await;
    refund(&part).await.unwrap();
    status(OrderStatus::Captured).await;
    until("the part went back", async || {
        (shop.bank().await["refunded"] == 1).then_some(())
    })
    .await;
    let beyond = RefundRequest {
        minor: Some(12_900),
        restock: false,
    };
    let refused = refund(&beyond).await;
    assert!(
        matches!(refused, Err(Error::Unprocessable(_))),
        "{refused:?}"
    );
    let rest = RefundRequest {
        minor: None,
        restock: true,
    };
    until("the rest is asked for", async || refund(&rest).await.ok()).await;
    status(OrderStatus::Refunded).await;
    let money = shop.engine.auditor().payments(&shop.sale).await.unwrap();
    assert_eq!(
        (money.difference, money.refunded.ours),
        (0, 12_900),
        "{money:?}"
    );
    assert_eq!(money.receivable.ours, 0);

    shop.until_phase(Phase::Open).await;
    let held = until("the next one pays", async || {
        let held = shop.authorizes(&other, &good_card(2)).await;
        (held.status == AuthorizationStatus::Authorized).then_some(())
    });
    held.await;
    assert_eq!(shop.buys(&other).await.unwrap().unit, order.unit);
    let report = shop.settles().await;
    assert_eq!((report.orders, report.captured), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_refused_capture_another_card_buys_while_units_last() {
    let shop = Shop::with(2).await;
    let ticket = shop.joins().await;
    shop.authorizes(&ticket, "4000000000005126").await;
    shop.opens().await;
    let order = shop.buys(&ticket).await.unwrap();
    let failed = until("the capture is refused", async || {
        let order = shop.engine.order(&ticket, &order.order).await.unwrap();
        Some(order).filter(|order| order.status == OrderStatus::Failed)
    })
    .await;
    assert!(failed.another_card_until > Some(failed.claimed_at));
    let held = shop.authorizes(&ticket, &good_card(1)).await;
    assert_eq!(held.status, AuthorizationStatus::Authorized);
    let second = until("the unit is back", async || shop.buys(&ticket).await.ok()).await;
    assert_ne!(second.order, order.order);
    until("it is paid", async || {
        let bank = shop.bank().await;
        (bank["captured"] == 1 && bank["open_holds"] == 0).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_rank_only_those_whose_turn_is_near_have_money_held() {
    let shop = Shop::by_rank(1).await;
    let mut tickets = Vec::new();
    for n in 0..20 {
        let ticket = shop.joins().await;
        let kept = shop.authorizes(&ticket, &good_card(n)).await;
        assert_eq!(kept.status, AuthorizationStatus::Saved);
        tickets.push(ticket);
    }
    assert_eq!(shop.bank().await["intents"], 0);
    shop.opens().await;
    let snapshot = shop.snapshot();
    let first = |ticket: &&protocol::ticket::Ticket| {
        snapshot.rank_of(ticket.number) == Some(protocol::Rank(0))
    };
    let first = tickets.iter().find(first).unwrap();
    until("the first in line is held", async || {
        let standing = shop.engine.standing(first).await.unwrap();
        (standing.authorization?.status == AuthorizationStatus::Authorized).then_some(())
    })
    .await;
    shop.buys(first).await.unwrap();
    shop.settles().await;
    let bank = shop.bank().await;
    assert_eq!(
        (&bank["captured"], &bank["open_holds"]),
        (&1.into(), &0.into())
    );
    let asked = bank["intents"].as_u64().unwrap();
    assert!(asked < 20, "{asked} holds were asked for");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_while_the_bank_is_asked_has_no_hold_soon_after() {
    let slow = std::time::Duration::from_millis(300);
    let shop = Shop::paid_slowly(1, slow, slow * 20).await;
    let ticket = shop.joins().await;
    let request = AuthorizeRequest {
        payment_method: shop.card(&good_card(1)).await,
        email: "a@example.org".into(),
    };
    let (held, ()) = tokio::join!(shop.engine.authorize(&ticket, &request), async {
        until("the bank is asked", async || {
            let standing = shop.engine.standing(&ticket).await.unwrap();
            standing.authorization
        })
        .await;
        shop.engine.leave(&ticket).await.unwrap();
    });
    held.unwrap();
    until(
        "the hold is released, long before the sale ends",
        async || {
            let standing = shop.engine.standing(&ticket).await.unwrap();
            (standing.authorization?.status == AuthorizationStatus::Voided).then_some(())
        },
    )
    .await;
    assert_eq!(shop.bank().await["open_holds"], 0);
}

#[test]
fn a_policy_reads_back() {
    for policy in [HoldPolicy::OnEntry, HoldPolicy::ByRank] {
        assert_eq!(policy.as_str().parse(), Ok(policy));
    }
}
