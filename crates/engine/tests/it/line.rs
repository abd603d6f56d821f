//! The line: places are given once, drawn by what is published, and survive Redis.

use crate::harness::{PLAIN, Shop, browser_key, good_card, until};
use engine::Error;
use engine::sale::Act;
use futures::future::join_all;
use protocol::digest::{from_hex, sha256, to_hex};
use protocol::transcript::{Entry, Inclusion};
use protocol::{Phase, draw, verify};
use std::collections::BTreeSet;

#[tokio::test(flavor = "multi_thread")]
async fn every_join_gets_a_number_of_its_own() {
    let shop = Shop::with(1).await;
    let tickets = join_all((0..300).map(|_| shop.joins())).await;
    let numbers: BTreeSet<u64> = tickets.iter().map(|ticket| ticket.number.0).collect();
    assert_eq!(numbers, (0..300).collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_counts_once_and_a_retried_join_is_the_same_place() {
    let shop = Shop::with(1).await;
    let join = shop.solved(1);
    let answers = join_all((0..50).map(|_| shop.engine.join(&shop.sale, &join, &PLAIN))).await;
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers.iter().filter(|(_, new)| *new).count(), 1);
    let tickets: BTreeSet<_> = answers
        .iter()
        .map(|(answer, _)| answer.ticket.clone())
        .collect();
    assert_eq!(tickets.len(), 1);

    let mut as_another = join.clone();
    as_another.key = Some(browser_key());
    let replay = shop.engine.join(&shop.sale, &as_another, &PLAIN).await;
    assert!(matches!(replay, Err(Error::ChallengeSpent)), "{replay:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_was_not_done_or_belongs_elsewhere_is_refused() {
    let shop = Shop::with(1).await;
    let good = shop.solved(1);
    let mut unworked = good.clone();
    unworked.nonces = vec![u64::MAX; good.nonces.len()];
    let mut elsewhere = good.clone();
    elsewhere.device = to_hex(&[9; 32]);
    let mut forged = good.clone();
    forged.challenge.replace_range(
        10..11,
        if &good.challenge[10..11] == "A" {
            "B"
        } else {
            "A"
        },
    );
    assert!(matches!(
        shop.engine.join(&shop.sale, &unworked, &PLAIN).await,
        Err(Error::ProofInvalid)
    ));
    assert!(matches!(
        shop.engine.join(&shop.sale, &elsewhere, &PLAIN).await,
        Err(Error::ChallengeMismatch(_))
    ));
    assert!(matches!(
        shop.engine.join(&shop.sale, &forged, &PLAIN).await,
        Err(Error::Challenge(_))
    ));
    assert_eq!(shop.snapshot().tail, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_draw_follows_from_what_is_published() {
    let shop = Shop::with(1).await;
    let before = shop.snapshot();
    assert_eq!(before.draw.secret, None);
    join_all((0..20).map(|_| shop.joins())).await;
    shop.opens().await;
    let after = shop.snapshot().draw;
    let secret: [u8; 32] = from_hex(&after.secret.unwrap()).unwrap();
    let transcript = from_hex(&after.transcript.unwrap()).unwrap();
    assert_eq!(to_hex(&sha256(&secret)), before.draw.commitment);
    assert_eq!(after.size, Some(20));
    assert_eq!(
        to_hex(&draw::seed(&secret, &transcript, 20, b"")),
        after.seed.unwrap()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn everyone_can_prove_that_they_were_in_the_draw() {
    let shop = Shop::with(1).await;
    let joins = join_all((0..40).map(|_| async {
        let join = shop.solved(1);
        let (answer, new) = shop.engine.join(&shop.sale, &join, &PLAIN).await.unwrap();
        assert!(new);
        (join.challenge, answer)
    }))
    .await;
    assert!(shop.engine.transcript(&shop.sale).await.unwrap().is_empty());
    shop.opens().await;

    let published = shop.engine.transcript(&shop.sale).await.unwrap();
    let entries: Vec<Entry> = published
        .iter()
        .map(|entry| Entry {
            first: entry.first,
            count: entry.count,
            root: from_hex(&entry.root).unwrap(),
        })
        .collect();
    let verified = verify::draw(&shop.snapshot().draw, &entries).unwrap();
    assert_eq!(verified.size, 40);

    for (challenge, answer) in &joins {
        let proof = answer.inclusion.clone().unwrap();
        let place = Inclusion {
            index: proof.index as usize,
            size: proof.size as usize,
            path: proof
                .path
                .as_bytes()
                .chunks(64)
                .map(|digits| from_hex(str::from_utf8(digits).unwrap()).unwrap())
                .collect(),
        };
        let entry = entries
            .iter()
            .find(|entry| entry.numbers().contains(&answer.number.0))
            .unwrap();
        assert!(entry.includes(answer.number, challenge, &place));
        assert!(!entry.includes(answer.number, "somebody else's", &place));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn places_survive_a_killed_redis() {
    let mut shop = Shop::with(2).await;
    let tickets = join_all((0..10).map(|_| shop.joins())).await;
    shop.authorizes(&tickets[3], &good_card(3)).await;
    shop.redis.kill_and_restart().await;
    shop.until_phase(Phase::Lobby).await;
    let late = until("a join is taken again", async || {
        shop.engine
            .join(&shop.sale, &shop.solved(1), &PLAIN)
            .await
            .ok()
    })
    .await;
    assert_eq!(late.0.number.0, 10);
    shop.opens().await;
    shop.redis.kill_and_restart().await;
    shop.until_phase(Phase::Open).await;
    until("somebody buys", async || shop.buys(&tickets[3]).await.ok()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_forgot_the_lobby_gives_no_number_twice() {
    let mut shop = Shop::with(200).await;
    let tickets = join_all((0..10).map(|_| shop.joins())).await;
    until("the line was seen", async || {
        (shop.snapshot().tail == 10).then_some(())
    })
    .await;
    shop.authorizes(&tickets[3], &good_card(3)).await;
    shop.redis.kill_and_forget().await;
    until("the lobby was rebuilt", async || {
        Some(shop.snapshot()).filter(|s| s.epoch > 1 && s.phase == Phase::Lobby)
    })
    .await;
    let (late, _) = until("a join is taken again", async || {
        shop.engine
            .join(&shop.sale, &shop.solved(1), &PLAIN)
            .await
            .ok()
    })
    .await;
    assert!(late.number.0 > 9, "number {} was given twice", late.number);
    shop.opens().await;
    // Who had a place and a hold before still buys.
    until("an earlier ticket buys", async || {
        shop.buys(&tickets[3]).await.ok()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_forgot_everything_oversells_nothing() {
    let mut shop = Shop::with(3).await;
    let tickets = join_all((0..6).map(|_| shop.joins())).await;
    for (i, ticket) in tickets.iter().enumerate() {
        shop.authorizes(ticket, &good_card(i as u64)).await;
    }
    shop.opens().await;
    for ticket in &tickets[..2] {
        shop.buys(ticket).await.unwrap();
    }
    shop.redis.kill_and_forget().await;
    until("the sale was rebuilt", async || {
        Some(shop.snapshot()).filter(|s| s.epoch > 1 && s.phase == Phase::Open)
    })
    .await;
    let outcomes = join_all(tickets.iter().map(|ticket| shop.buys(ticket))).await;
    assert_eq!(
        outcomes.iter().filter(|outcome| outcome.is_ok()).count(),
        3,
        "{outcomes:?}"
    );
    let report = shop.settles().await;
    assert_eq!((report.orders, report.oversold), (3, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_forgot_keeps_to_what_the_operator_said() {
    let mut shop = Shop::with(1).await;
    let act = async |act, detail: &str| shop.engine.act(&shop.sale, act, detail).await.unwrap();
    act(Act::Rate(77), "").await;
    act(Act::Pause, "The van is late.").await;
    shop.redis.kill_and_forget().await;
    let held = until("the sale was rebuilt", async || {
        Some(shop.snapshot()).filter(|s| s.epoch > 1 && s.rate == 77)
    })
    .await;
    assert_eq!(
        (held.phase, held.message.as_deref()),
        (Phase::Paused, Some("The van is late."))
    );
    let phase = shop.engine.act(&shop.sale, Act::Resume, "").await.unwrap();
    assert!(
        matches!(phase, Phase::Scheduled | Phase::Lobby),
        "{phase:?}"
    );
    shop.until_phase(Phase::Lobby).await;
}
