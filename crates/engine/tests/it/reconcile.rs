//! Reconcile: what may be repaired is, once, and the audit agrees afterwards.

use crate::harness::{Shop, good_card, until};
use engine::pay::Hold;
use engine::redis::Holdings;
use sqlx::Connection as _;

impl Shop {
    /// Changes rows behind the ledger's back; how many.
    async fn changes(&self, statement: &'static str) -> u64 {
        let mut db = sqlx::AnyConnection::connect(&self.database.url)
            .await
            .unwrap();
        let changed = sqlx::query(statement).execute(&mut db).await.unwrap();
        db.close().await.unwrap();
        changed.rows_affected()
    }

    async fn held(&self) -> Holdings {
        let holdings = self.engine.store.inspect(&self.sale).await.unwrap();
        holdings.unwrap()
    }

    /// What a dry run would do, what a run did, and that a second run finds nothing.
    async fn is_repaired(&self) -> Vec<String> {
        let engine = &self.engine;
        let would = engine.reconcile(&self.sale, true).await.unwrap();
        let did = engine.reconcile(&self.sale, false).await.unwrap();
        assert!(would.iter().all(|repair| !repair.done), "{would:?}");
        assert!(did.iter().all(|repair| repair.done), "{did:?}");
        let found: Vec<String> = did.into_iter().map(|repair| repair.found).collect();
        assert_eq!(
            would.into_iter().map(|it| it.found).collect::<Vec<_>>(),
            found
        );
        until("a second run finds nothing", async || {
            let again = engine.reconcile(&self.sale, true).await.unwrap();
            again.is_empty().then_some(())
        })
        .await;
        self.settles().await;
        found
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_in_order_is_left_alone() {
    let shop = Shop::sold_out().await;
    assert_eq!(shop.is_repaired().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn units_that_redis_remembers_wrongly_are_laid_anew() {
    let shop = Shop::sold_out().await;
    shop.redis(&["DEL", "{test}:held"]).await;
    let found = shop.is_repaired().await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(shop.snapshot().stock.free, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_hold_of_a_payment_is_released_and_a_strangers_is_not() {
    let shop = Shop::with(1).await;
    let ticket = shop.joins().await;
    shop.authorizes(&ticket, &good_card(1)).await;
    let payment = shop
        .engine
        .ledger
        .newest_payment(&shop.sale, ticket.number, &ticket.shopper);
    let payment = payment.await.unwrap().unwrap();
    let mut hold = Hold {
        amount: payment.amount,
        payment_method: shop.card(&good_card(1)).await,
        customer: None,
        sale: shop.sale.to_string(),
        payment: payment.payment,
    };
    let gateway = &shop.engine.gateway;
    gateway.authorize("lost", &hold).await.unwrap();
    assert_eq!(shop.bank().await["open_holds"], 2);
    assert!(!shop.audits().await.ok);
    let done = shop.engine.reconcile(&shop.sale, false).await.unwrap();
    assert!(done[0].found.contains("a second time"), "{done:?}");
    until("the second hold is released", async || {
        (shop.bank().await["open_holds"] == 1).then_some(())
    })
    .await;
    assert!(shop.audits().await.ok);

    hold.payment = "another shop's".to_owned();
    gateway.authorize("not ours", &hold).await.unwrap();
    let left = shop.engine.reconcile(&shop.sale, false).await.unwrap();
    assert!(left.len() == 1 && !left[0].done, "{left:?}");
    assert_eq!(shop.bank().await["open_holds"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duty_that_was_lost_is_owed_again() {
    let shop = Shop::sold_out().await;
    let lost = "UPDATE payments SET status = 'voiding' WHERE status = 'voided'";
    assert_eq!(shop.changes(lost).await, 1);
    let found = shop.is_repaired().await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].contains("is voiding and nothing is owed"),
        "{found:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_that_counts_as_released_is_released() {
    let shop = Shop::with(1).await;
    let ticket = shop.joins().await;
    shop.authorizes(&ticket, &good_card(1)).await;
    let wrong = "UPDATE payments SET status = 'voided' WHERE status = 'authorized'";
    assert_eq!(shop.changes(wrong).await, 1);
    assert_eq!(shop.bank().await["open_holds"], 1);
    let found = shop.is_repaired().await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("still holds its money"), "{found:?}");
    assert_eq!(shop.bank().await["open_holds"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reservation_that_no_lease_ends_gives_its_unit_back() {
    let shop = Shop::with(1).await;
    let ticket = shop.joins().await;
    shop.authorizes(&ticket, &good_card(1)).await;
    shop.opens().await;
    shop.passes(&ticket).await.unwrap();
    let (epoch, number) = (shop.snapshot().epoch, ticket.number);
    let store = &shop.engine.store;
    let reserving = store.reserve(&shop.sale, epoch, number, "lost", 60_000, &[]);
    reserving.await.unwrap();
    shop.redis(&["ZREM", "{test}:leases", &number.to_string()])
        .await;
    let done = shop.engine.reconcile(&shop.sale, false).await.unwrap();
    assert_eq!(done.len(), 1, "{done:?}");
    assert!(
        done[0].done && done[0].found.contains("order lost"),
        "{done:?}"
    );
    assert_ne!(shop.buys(&ticket).await.unwrap().order, "lost");
    assert_eq!(shop.settles().await.orders, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_no_edge_lived_to_end_is_ended() {
    let mut shop = Shop::with(1).await;
    let ticket = shop.joins().await;
    shop.authorizes(&ticket, &good_card(1)).await;
    shop.opens().await;
    shop.passes(&ticket).await.unwrap();
    let (epoch, number) = (shop.snapshot().epoch, ticket.number);
    shop.stops().await;
    let store = &shop.engine.store;
    let reserving = store.reserve(&shop.sale, epoch, number, "forgotten", 60_000, &[]);
    reserving.await.unwrap();
    let long_ago = ["ZADD", "{test}:leases", "XX", "1", &number.to_string()];
    shop.redis(&long_ago).await;
    // The provider has stopped with the edge, which is one thing more to say.
    let is_found = |repairs: &[engine::audit::Repair], done| {
        let found = "the lease of order forgotten on unit 0 is over";
        repairs[0].found == found && repairs[0].done == done
    };
    let would = shop.engine.reconcile(&shop.sale, true).await.unwrap();
    assert!(is_found(&would, false), "{would:?}");
    assert_eq!(shop.held().await.reserved.len(), 1);
    let did = shop.engine.reconcile(&shop.sale, false).await.unwrap();
    assert!(is_found(&did, true), "{did:?}");
    let held = shop.held().await;
    assert_eq!(
        (held.stock, held.returned, held.reserved.len()),
        (1, vec![0], 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_unit_of_a_failed_order_comes_back() {
    let shop = Shop::with(1).await;
    let ticket = shop.joins().await;
    shop.authorizes(&ticket, "4000000000005126").await;
    shop.opens().await;
    let order = shop.buys(&ticket).await.unwrap();
    // As if it had not come back, once nobody brings it any more.
    let brought = "UPDATE returns SET done = 1 WHERE done = 1";
    until("the ledger has heard of it", async || {
        (shop.changes(brought).await == 1).then_some(())
    })
    .await;
    let (number, held) = (ticket.number.to_string(), format!("{}|0|", order.order));
    shop.redis(&["HSET", "{test}:held", &number, &held]).await;
    shop.redis(&["LPOP", "{test}:returned"]).await;
    shop.redis(&["DECR", "{test}:stock"]).await;
    let found = shop.is_repaired().await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("was not returned"), "{found:?}");
    until("its unit is free again", async || {
        (shop.snapshot().stock.free == 1).then_some(())
    })
    .await;
}
