//! The engine on a real Redis Cluster: sales over its slots, and the loss of a node.

use crate::cluster_harness::Cluster;
use crate::failover::sells_out_across;
use crate::harness::{Redis, Shop, good_card, until};
use futures::future::join_all;
use protocol::{Phase, SaleId};
use std::collections::BTreeSet;

fn key(sale: &SaleId) -> String {
    format!("{{{sale}}}:meta")
}

impl Shop {
    /// Four people, two units: from the lobby to the money.
    async fn sells_two_to_four(&self) {
        let tickets = join_all((0..4).map(|_| self.joins())).await;
        for (i, ticket) in tickets.iter().enumerate() {
            self.authorizes(ticket, &good_card(i as u64)).await;
        }
        self.opens().await;
        let outcomes = join_all(tickets.iter().map(|ticket| self.buys(ticket))).await;
        assert_eq!(outcomes.iter().flatten().count(), 2, "{outcomes:?}");
        let report = self.settles().await;
        assert_eq!((report.orders, report.captured, report.free), (2, 2, 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_sales_run_their_whole_way_on_many_nodes() {
    let cluster = Cluster::start(true, "always").await;
    let mut shop = Shop::on(Redis::cluster(cluster), 2).await;
    shop.sells_two_to_four().await;
    for name in ["second", "third", "fourth", "fifth", "sixth"] {
        shop.turns_to(name, 2).await;
        shop.sells_two_to_four().await;
    }
    let owners: BTreeSet<usize> = ["test", "second", "third", "fourth", "fifth", "sixth"]
        .iter()
        .map(|name| key(&SaleId::parse(name).unwrap()))
        .map(|key| shop.redis.nodes().owner(&key).unwrap())
        .collect();
    assert!(owners.len() > 1, "all sales were on one node");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_that_is_killed_in_mid_sale_is_replaced_and_every_unit_sold_once() {
    let cluster = Cluster::start(true, "always").await;
    sells_out_across(Redis::cluster(cluster), async |redis| {
        let key = key(&SaleId::parse("test").unwrap());
        let owner = redis.nodes().owner(&key).unwrap();
        redis.nodes().nodes[owner].kill();
        redis.nodes().promoted(&key, owner).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_that_hangs_is_left_for_its_replica_and_changes_nothing_when_it_wakes() {
    let cluster = Cluster::start(true, "always").await;
    let mut shop = sells_out_across(Redis::cluster(cluster), async |redis| {
        let key = key(&SaleId::parse("test").unwrap());
        let owner = redis.nodes().owner(&key).unwrap();
        redis.nodes().nodes[owner].signal("STOP");
        redis.nodes().promoted(&key, owner).await;
    })
    .await;
    for node in &shop.redis.nodes().nodes {
        node.signal("CONT");
    }
    shop.redis.nodes().ready().await;
    let report = shop.settles().await;
    assert_eq!((report.orders, report.oversold, report.free), (30, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_down_stops_no_other_nodes_sale() {
    let cluster = Cluster::start(false, "always").await;
    let mut shop = Shop::on(Redis::cluster(cluster), 2).await;
    let first = shop.sale.clone();
    let down = shop.redis.nodes().owner(&key(&first)).unwrap();
    // A sale on another node, of which that node has not run a script yet.
    let elsewhere = (0..)
        .map(|n| format!("sale-{n}"))
        .find(|name| {
            let key = key(&SaleId::parse(name).unwrap());
            shop.redis.nodes().owner(&key) != Some(down)
        })
        .unwrap();
    shop.turns_to(&elsewhere, 2).await;
    shop.redis.nodes().nodes[down].kill();
    let its_own = until("the node's own sale is held", async || {
        let snapshot = shop.engine.snapshot(&first).unwrap();
        (snapshot.phase == Phase::Paused).then_some(snapshot)
    })
    .await;
    assert!(its_own.message.is_some());
    shop.sells_two_to_four().await;
    shop.engine.store.ping().await.unwrap();
    shop.redis.nodes().nodes[down].start_again();
    until("its sale goes on", async || {
        let snapshot = shop.engine.snapshot(&first).unwrap();
        (snapshot.phase == Phase::Lobby).then_some(())
    })
    .await;
}
