//! When few lie ready.
//!
//! Whoever makes them is held, and a moment is armed for a whole process: this is played in one of its own.

use super::{look, weights};
use crate::harness::{Shop, until};
use crate::seeded_bugs::again;
use engine::{Error, moments};
use protocol::wire::{CaptchaKind, JoinRequest};

const MISSING: &str = "captcha.missing";

#[test]
fn the_last_ones_are_for_who_has_seen_none() {
    let output = again("captcha::scarce::one_drains_the_pool", "", "");
    let why = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "played by the test above, in a process of its own"]
async fn one_drains_the_pool() {
    let shop = Shop::suspecting(1, weights()).await;
    let looks = async |join: &JoinRequest| {
        let request = look(join, Some(CaptchaKind::Image));
        shop.engine.captcha(&shop.sale, &request).await
    };
    let seen = shop.grey();
    for _ in 0..2 {
        until("there is one", async || looks(&seen).await.ok()).await;
    }
    assert!(moments::arm(MISSING, true));
    until("no more are made", async || {
        (moments::held().get(MISSING) == Some(&1)).then_some(())
    })
    .await;

    // Each asks for a second one as soon as it has seen the first.
    let mut seconds = Vec::new();
    let waits = loop {
        let join = shop.grey();
        match looks(&join).await {
            Ok(_) => seconds.push(looks(&join).await),
            Err(Error::Busy) => break join,
            Err(error) => panic!("{error}"),
        }
    };
    let refused = seconds.iter().rev().take_while(|second| second.is_err());
    let refused: Vec<_> = refused.collect();
    assert!((15..=17).contains(&refused.len()), "{seconds:?}");
    assert!(
        refused
            .iter()
            .all(|second| matches!(second, Err(Error::Busy)))
    );

    moments::arm(MISSING, false);
    for _ in 0..6 {
        until("there are enough again", async || looks(&waits).await.ok()).await;
    }
    assert!(matches!(looks(&waits).await, Err(Error::CaptchaSpent)));
}
