//! Steps that no browser takes in this order, at this place or pace cost a fresh challenge where they add up, and refuse
//! nobody.

use crate::harness::{BROWSER, HERE, PLAIN, Shop, browser_key, until};
use engine::Error;
use engine::gate::{Asked, Caller, Reason, Weights};
use protocol::digest::{from_hex, to_hex};
use protocol::proof;
use protocol::wire::{ChallengeRequest, JoinRequest};
use std::net::{IpAddr, Ipv4Addr};

fn weights() -> Weights {
    use Reason::{KeyWithheld, NetworkMoved, NoKey};
    Weights([(NoKey, 10), (NetworkMoved, 20), (KeyWithheld, 15)].into())
}

const ELSEWHERE: Asked<'static> = Asked {
    from: IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9)),
    ..PLAIN
};

impl Shop {
    /// A join without a key, solved there by somebody who told so, or not.
    fn solved_at(&self, address: IpAddr, keyless: bool) -> JoinRequest {
        let caller = Caller { address, ..BROWSER };
        let request = ChallengeRequest {
            device: to_hex(&[1; 32]),
            keyless,
            ..ChallengeRequest::default()
        };
        let asked = self.engine.challenge(&self.sale, &request, caller).unwrap();
        let seed = from_hex(&asked.seed).unwrap();
        JoinRequest {
            challenge: asked.challenge,
            nonces: proof::solve(&seed, asked.rounds, asked.difficulty),
            device: request.device,
            key: None,
            captcha: None,
        }
    }

    /// Asks for a place; false when a fresh challenge is needed for it.
    async fn lets_in(&self, join: &JoinRequest, asked: &Asked<'_>) -> bool {
        match self.engine.join(&self.sale, join, asked).await {
            Ok((_, new)) => new,
            Err(Error::ChallengeDoubted) => false,
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_join_shows_adds_to_what_was_sealed_and_a_fresh_challenge_lets_it_in() {
    let shop = Shop::suspecting(1, weights()).await;
    for (what, keyless, asked, clear) in [
        ("no key, as told", true, PLAIN, true),
        ("no key, untold", false, PLAIN, true),
        ("no key, as told, and elsewhere", true, ELSEWHERE, false),
        ("no key, untold, and elsewhere", false, ELSEWHERE, false),
    ] {
        let join = shop.solved_at(HERE, keyless);
        assert_eq!(shop.lets_in(&join, &asked).await, clear, "{what}");
        if !clear {
            let fresh = shop.solved_at(asked.from, keyless);
            assert!(shop.lets_in(&fresh, &asked).await, "{what}, afresh");
        }
    }
    let log = until("both decisions are in the log", async || {
        let read = shop.engine.decisions(&shop.sale, 0).await.unwrap();
        Some(read).filter(|read| read.len() == 2)
    })
    .await;
    let mut noted: Vec<(u8, String)> = log
        .iter()
        .map(|decision| (decision.suspicion, decision.reasons.join(" ")))
        .collect();
    noted.sort();
    // Ten are in the seal of the first one.
    let expected = [
        (30, "network_moved solved_too_soon"),
        (35, "network_moved solved_too_soon key_withheld"),
    ];
    assert_eq!(noted, expected.map(|(sum, names)| (sum, names.to_owned())));

    // The operator finds that they were wronged.
    shop.engine.clear(&shop.sale, &log[0].who).await.unwrap();
    until("nothing is held against them", async || {
        let join = shop.solved_at(HERE, true);
        shop.lets_in(&join, &ELSEWHERE).await.then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_leaves_its_wifi_gets_in_at_once() {
    let shop = Shop::suspecting(1, weights()).await;
    let mut join = shop.solved_at(HERE, false);
    join.key = Some(browser_key());
    assert!(shop.lets_in(&join, &ELSEWHERE).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_no_browser_does_so_soon_does_not_count_unless_a_captcha_was_solved() {
    // To these tests a browser does one hash in a second.
    let mut weights = weights();
    weights.0.insert(Reason::SolvedTooSoon, 30);
    let shop = Shop::suspecting(1, weights.clone()).await;
    let join = shop.solved_at(HERE, true);
    assert!(!shop.lets_in(&join, &PLAIN).await);

    weights.0.insert(Reason::NoKey, 30);
    let shop = Shop::suspecting(1, weights).await;
    let join = shop.solved_at(HERE, true);
    let unanswered = shop.engine.join(&shop.sale, &join, &PLAIN).await;
    assert!(
        matches!(unanswered, Err(Error::CaptchaRequired)),
        "{unanswered:?}"
    );
    let sealed = shop.sealed(join).await;
    assert!(shop.lets_in(&sealed, &PLAIN).await);
}
