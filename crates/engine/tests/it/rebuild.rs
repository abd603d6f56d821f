//! What happens while a sale's state is laid anew.
//!
//! A moment is armed for a whole process, so each scenario runs in one of its own.

use crate::harness::{PLAIN, Shop, until};
use crate::seeded_bugs::again;
use engine::sale::Act;
use engine::{Error, moments};
use futures::future::join_all;

const STAGED: &str = "rebuild.staged";

fn passes(scenario: &str) {
    let output = again("rebuild::one_scenario", scenario, "");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let why = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{text}\n{why}");
}

#[test]
fn what_the_operator_does_during_a_rebuild_is_not_lost() {
    passes("act");
}

#[test]
fn a_redis_that_forgets_in_mid_rebuild_keeps_every_place() {
    passes("flush");
}

#[test]
fn what_the_operator_does_to_a_redis_that_forgot_waits_for_its_rebuild() {
    passes("act on nothing");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "played by the tests above, in a process of its own"]
async fn one_scenario() {
    match std::env::var("SCENARIO").unwrap_or_default().as_str() {
        "act" => act().await,
        "flush" => flush().await,
        "act on nothing" => act_on_nothing().await,
        name => panic!("no scenario {name}"),
    }
}

impl Shop {
    /// What was done is in Redis when it is answered; the next snapshot shows it.
    async fn has_rate_123(&self) {
        let state = self.engine.store.inspect(&self.sale).await.unwrap();
        assert_eq!(state.unwrap().number("rate"), 123);
        until("the rate is shown", async || {
            (self.snapshot().rate == 123).then_some(())
        })
        .await;
    }
}

async fn is_held() {
    until("a rebuild is held", async || {
        (moments::held().get(STAGED) == Some(&1)).then_some(())
    })
    .await;
}

async fn act() {
    let shop = Shop::with(1).await;
    assert!(moments::arm(STAGED, true));
    // The state in Redis stays as it is, and its life has ended: the next join shows it.
    let next = shop.engine.ledger.next_epoch(&shop.sale, 1).await.unwrap();
    assert_eq!(next, Some(2));
    let refused = shop.engine.join(&shop.sale, &shop.solved(1), &PLAIN).await;
    assert!(matches!(refused, Err(Error::Rebuilding)), "{refused:?}");
    is_held().await;
    // The rebuild has read the rate. Now it is changed.
    let engine = shop.engine.clone();
    let sale = shop.sale.clone();
    let acting = tokio::spawn(async move { engine.act(&sale, Act::Rate(123), "").await });
    until("it is done to the old state", async || {
        let state = shop.engine.store.inspect(&shop.sale).await.unwrap();
        (state?.number("rate") == 123).then_some(())
    })
    .await;
    moments::arm(STAGED, false);
    acting.await.unwrap().unwrap();
    assert!(shop.until_restored(1).await.epoch > 1);
    shop.has_rate_123().await;
    let kept = shop.engine.ledger.sale(&shop.sale).await.unwrap();
    assert_eq!(kept.rate, 123);
}

async fn flush() {
    let shop = Shop::with(1).await;
    let joins = join_all((0..40).map(|_| shop.joins_somehow(&shop.engine))).await;
    assert!(moments::arm(STAGED, true));
    shop.redis.flush().await;
    is_held().await;
    shop.redis.flush().await;
    moments::arm(STAGED, false);
    assert_eq!(shop.until_restored(1).await.tail, 40);
    shop.keep_their_places(&joins).await;
}

async fn act_on_nothing() {
    let shop = Shop::with(1).await;
    assert!(moments::arm(STAGED, true));
    shop.redis.flush().await;
    is_held().await;
    let engine = shop.engine.clone();
    let sale = shop.sale.clone();
    let acting = tokio::spawn(async move { engine.act(&sale, Act::Rate(123), "").await });
    moments::arm(STAGED, false);
    acting.await.unwrap().unwrap();
    shop.has_rate_123().await;
}
