//! The budgets of networks, over several edges and without any Redis.

use crate::harness::{Redis, Shop, until};
use engine::{Engine, Error};
use protocol::digest::to_hex;
use protocol::wire::ChallengeRequest;
use protocol::{Phase, SaleId};
use std::net::IpAddr;
use std::time::Duration;

/// What an address may ask for before it is told to come back: the harness's budget, twice.
const ENOUGH: usize = 2000;

/// The price of a challenge, in hashes.
fn asks(engine: &Engine, sale: &SaleId, from: &str) -> Result<u64, Error> {
    let request = ChallengeRequest {
        device: to_hex(&[1; 32]),
        ..ChallengeRequest::default()
    };
    let from: IpAddr = from.parse().unwrap();
    let given = engine.challenge(sale, &request, from)?;
    Ok(u64::from(given.rounds) << given.difficulty)
}

/// How many challenges there are for this address, until it is told to come back.
fn until_refused(engine: &Engine, sale: &SaleId, from: &str) -> usize {
    let mut given = 0;
    loop {
        match asks(engine, sale, from) {
            Ok(_) => given += 1,
            Err(Error::Crowded { retry_after_ms }) => {
                assert!(
                    (1000..=15_000).contains(&retry_after_ms),
                    "{retry_after_ms}"
                );
                return given;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_edges_have_one_budget_between_them() {
    let shop = Shop::with(1).await;
    let other = shop.another_edge().await;
    until("the other edge has the sale", async || {
        let phase = other.snapshot(&shop.sale).ok()?.phase;
        (phase == Phase::Lobby).then_some(())
    })
    .await;
    let usual = asks(&shop.engine, &shop.sale, "198.51.100.1").unwrap();
    let first = until_refused(&shop.engine, &shop.sale, "192.0.2.1");
    // A little came back meanwhile.
    assert!((ENOUGH..ENOUGH + 100).contains(&first), "{first}");

    // The other edge was asked by nobody from there. It hears of it with its next exchange, which an ask brings about.
    let mut asked = 0;
    until("the other edge has heard", async || {
        tokio::time::sleep(Duration::from_millis(20)).await;
        asked += 1;
        match asks(&other, &shop.sale, "192.0.2.1") {
            Ok(price) => (price > usual).then_some(()),
            Err(_) => Some(()),
        }
    })
    .await;
    assert!(asked < ENOUGH / 2, "it came to this by itself");
    let more = until_refused(&other, &shop.sale, "192.0.2.1");
    assert!(more < 200, "{more} more on the other edge");
    assert_eq!(asks(&other, &shop.sale, "198.51.100.2").unwrap(), usual);
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_keeps_names_of_crowded_networks_for_a_while_and_forgets_them() {
    // The test asks for a key by its name, which a cluster would send it elsewhere for.
    let shop = Shop::on(Redis::with_fsync("no").await, 1).await;
    if shop.redis.url.contains("cluster") {
        return;
    }
    until_refused(&shop.engine, &shop.sale, "192.0.2.1");
    let client = redis::Client::open(shop.redis.url.as_str()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let key = "{test}:network";
    let names: Vec<Vec<u8>> = until("it was told", async || {
        let mut range = redis::cmd("ZRANGE");
        let names = range.arg(key).arg(0).arg(-1).query_async(&mut connection);
        names.await.ok().filter(|names: &Vec<_>| names.len() == 2)
    })
    .await;
    // Its address and its block; neither can be read from the names.
    for name in &names {
        assert_eq!(name.len(), 9);
        assert!(!name.windows(3).any(|part| part == [192, 0, 2]));
    }
    let left: i64 = redis::cmd("PTTL")
        .arg(key)
        .query_async(&mut connection)
        .await
        .unwrap();
    assert!((1..=1_200_000).contains(&left), "{left}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_an_edge_counts_alone() {
    let mut shop = Shop::with(1).await;
    shop.redis.kill();
    until("the edge has noticed", async || {
        (shop.snapshot().phase == Phase::Paused).then_some(())
    })
    .await;
    let given = until_refused(&shop.engine, &shop.sale, "192.0.2.1");
    assert!((ENOUGH..ENOUGH + 100).contains(&given), "{given}");
    // A /64 each time, and all of one site.
    let links = (0..u16::MAX).take_while(|link| {
        asks(&shop.engine, &shop.sale, &format!("2001:db8:7:{link:x}::1")).is_ok()
    });
    let links = links.count();
    assert!((ENOUGH..ENOUGH + 100).contains(&links), "{links}");
}
