//! The engine on a master that real sentinels replace.

use crate::cluster_harness::Sentinels;
use crate::failover::sells_out_across;
use crate::harness::Redis;

#[tokio::test(flavor = "multi_thread")]
async fn a_master_that_is_killed_in_mid_sale_is_replaced_and_every_unit_sold_once() {
    let sentinels = Sentinels::start().await;
    sells_out_across(Redis::sentinels(sentinels), async |redis| {
        let watched = redis.watched();
        let master = watched.master().unwrap();
        watched.servers[master].kill();
        watched.promoted(master).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_that_hangs_is_left_for_its_replica_and_changes_nothing_when_it_wakes() {
    let sentinels = Sentinels::start().await;
    let mut master = 0;
    let mut shop = sells_out_across(Redis::sentinels(sentinels), async |redis| {
        let watched = redis.watched();
        master = watched.master().unwrap();
        watched.servers[master].signal("STOP");
        watched.promoted(master).await;
    })
    .await;
    let woken = shop.redis.watched();
    woken.servers[master].signal("CONT");
    crate::harness::until("the former master follows", async || {
        let said = woken.servers[master].ask("info replication");
        said.contains("master_link_status:up").then_some(())
    })
    .await;
    let report = shop.settles().await;
    assert_eq!((report.orders, report.oversold, report.free), (30, 0, 0));
}
