//! Only the work that was asked for, by whom it was asked of, in its time, and once.

use crate::harness::{BROWSER, HERE, PLAIN, Shop};
use engine::Error;
use engine::gate::Reason;
use engine::redis::{BatchedJoin, Joined};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use protocol::challenge::{Challenge, MAX_LIFETIME_MS, Mismatch};
use protocol::codec::{Keyring, TokenError};
use protocol::digest::{from_hex, to_hex};
use protocol::wire::JoinRequest;
use protocol::{SaleId, proof};

const PERIOD_MS: u64 = 120_000;

impl Shop {
    /// A challenge that this edge would give out now.
    fn puzzle(&self) -> Challenge {
        let now = self.engine.world.now();
        Challenge {
            sale: self.sale.clone(),
            epoch: self.snapshot().epoch,
            seed: self.engine.world.random(),
            rounds: 4,
            difficulty: 4,
            suspicion: 0,
            captcha: false,
            keyless: false,
            device: [1; 32],
            network: [0; 8],
            not_before: now,
            expires_at: now + 60_000,
        }
    }

    /// The solved join of a challenge.
    fn solves(&self, puzzle: &Challenge) -> JoinRequest {
        JoinRequest {
            challenge: puzzle.seal(&self.engine.keys),
            nonces: proof::solve(&puzzle.seed, puzzle.rounds, puzzle.difficulty),
            device: to_hex(&puzzle.device),
            key: None,
            captcha: None,
        }
    }

    async fn refusal(&self, join: &JoinRequest) -> Error {
        self.engine
            .join(&self.sale, join, &PLAIN)
            .await
            .unwrap_err()
    }
}

/// A nonce that does not solve this round.
fn useless(puzzle: &Challenge, round: u32) -> u64 {
    let solves = |nonce: u64| {
        proof::solve_round(&puzzle.seed, round, puzzle.difficulty, nonce..nonce + 1).is_some()
    };
    (0..).find(|nonce| !solves(*nonce)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_is_missing_in_any_round_is_refused() {
    let shop = Shop::with(1).await;
    let puzzle = shop.puzzle();
    let good = shop.solves(&puzzle);
    let mut without: Vec<Vec<u64>> =
        vec![vec![], vec![0; 3], vec![0; 5], vec![0; 64], vec![0; 1000]];
    without.push(good.nonces[..3].to_vec());
    without.push([&good.nonces[..], &[0]].concat());
    for round in 0..4 {
        let mut nonces = good.nonces.clone();
        nonces[round] = useless(&puzzle, round as u32);
        without.push(nonces);
    }
    for nonces in without {
        let join = JoinRequest {
            nonces,
            ..good.clone()
        };
        let refused = shop.refusal(&join).await;
        assert!(
            matches!(refused, Error::ProofInvalid),
            "{join:?}: {refused:?}"
        );
    }
    assert_eq!(shop.snapshot().tail, 0);
    shop.engine.join(&shop.sale, &good, &PLAIN).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_rounds_are_no_work_though_the_edge_itself_asked_for_none() {
    let shop = Shop::with(1).await;
    let puzzle = Challenge {
        rounds: 0,
        ..shop.puzzle()
    };
    let refused = shop.refusal(&shop.solves(&puzzle)).await;
    assert!(matches!(refused, Error::ProofInvalid), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_genuine_challenge_counts_for_its_sale_its_device_and_its_time_only() {
    let shop = Shop::with(1).await;
    let (usual, now) = (shop.puzzle(), shop.engine.world.now());
    let elsewhere = Challenge {
        sale: SaleId::parse("elsewhere").unwrap(),
        ..usual.clone()
    };
    let expired = Challenge {
        not_before: now - 1000,
        expires_at: now,
        ..usual.clone()
    };
    let early = Challenge {
        not_before: now + 60_000,
        expires_at: now + 90_000,
        ..usual.clone()
    };
    let eternal = Challenge {
        not_before: now - MAX_LIFETIME_MS,
        expires_at: now + 3_600_000,
        ..usual.clone()
    };
    let of_before = Challenge {
        epoch: usual.epoch - 1,
        ..usual.clone()
    };
    for (puzzle, expected) in [
        (elsewhere, Mismatch::Sale),
        (expired, Mismatch::Expired),
        (early, Mismatch::Early),
        (eternal, Mismatch::Expired),
        (of_before, Mismatch::Stale),
    ] {
        let refused = shop.refusal(&shop.solves(&puzzle)).await;
        assert!(
            matches!(refused, Error::ChallengeMismatch(why) if why == expected),
            "{expected:?}: {refused:?}"
        );
    }
    let mut copied = shop.solves(&usual);
    copied.device = to_hex(&[2; 32]);
    let refused = shop.refusal(&copied).await;
    assert!(
        matches!(refused, Error::ChallengeMismatch(Mismatch::Device)),
        "{refused:?}"
    );
    let foreign = usual.seal(&Keyring::new((1, [8; 32])));
    let refused = shop
        .refusal(&JoinRequest {
            challenge: foreign,
            ..shop.solves(&usual)
        })
        .await;
    assert!(
        matches!(refused, Error::Challenge(TokenError::Forged)),
        "{refused:?}"
    );
    assert_eq!(shop.snapshot().tail, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_changed_in_a_join_it_does_not_pass_as_another() {
    let shop = Shop::with(1).await;
    let (one, two) = (shop.puzzle(), shop.puzzle());
    let (mine, other) = (shop.solves(&one), shop.solves(&two));
    let passes = |join: &JoinRequest| shop.engine.verify(&shop.sale, join, HERE).is_ok();
    assert!(passes(&mine) && passes(&other));
    let altered = |text: &str, at: usize, to: char| {
        let mut letters: Vec<char> = text.chars().collect();
        letters[at] = to;
        letters.into_iter().collect::<String>()
    };
    let len = mine.challenge.len();
    let change = (0..len, 0..len, "[A-Za-z0-9_-]", 0usize..4, any::<u64>());
    let mut runner = TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(2000)
    });
    runner
        .run(&change, |(at, onto, letter, round, nonce)| {
            let letter = letter.chars().next().unwrap();
            let mut nonces = mine.nonces.clone();
            nonces[round] = nonce;
            let solves = proof::verify(&one.seed, one.rounds, one.difficulty, &nonces);
            let join = |challenge: String| JoinRequest {
                challenge,
                ..mine.clone()
            };
            for challenge in [
                altered(&mine.challenge, at, letter),
                mine.challenge[..at].to_owned(),
                format!("{}{}", &mine.challenge[..at], &other.challenge[onto..]),
                format!("{}{letter}{}", &mine.challenge[..at], &mine.challenge[at..]),
            ] {
                prop_assert!(challenge == mine.challenge || !passes(&join(challenge)));
            }
            let borrowed = JoinRequest {
                nonces: mine.nonces.clone(),
                ..other.clone()
            };
            let chance = proof::verify(&two.seed, two.rounds, two.difficulty, &mine.nonces);
            prop_assert_eq!(passes(&borrowed), chance);
            prop_assert_eq!(
                passes(&JoinRequest {
                    nonces,
                    ..mine.clone()
                }),
                solves
            );
            Ok(())
        })
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shopper_on_another_network_is_noticed_and_gets_in() {
    let shop = Shop::with(1).await;
    let join = shop.solved(1);
    for (from, expected) in [
        ("127.0.0.200", false),
        ("::ffff:127.0.0.1", false),
        ("203.0.113.9", true),
        ("2001:db8::1", true),
    ] {
        let arrival = shop
            .engine
            .verify(&shop.sale, &join, from.parse().unwrap())
            .unwrap();
        let moved = arrival.noticed.has(Reason::NetworkMoved);
        assert_eq!(moved, expected, "{from}");
    }
    let mut elsewhere = PLAIN;
    elsewhere.from = [203, 0, 113, 9].into();
    let (_, new) = shop
        .engine
        .join(&shop.sale, &join, &elsewhere)
        .await
        .unwrap();
    assert!(new);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_that_expires_while_it_waits_for_its_batch_is_not_used_twice() {
    let shop = Shop::with(1).await;
    let epoch = shop.snapshot().epoch;
    let boundary = (shop.engine.world.now() / PERIOD_MS + 1) * PERIOD_MS;
    let by = |shopper: u8| BatchedJoin {
        shopper: [shopper; 16],
        challenge: [7; 16],
        expires_at: boundary - 1,
        epoch,
        leaf: [shopper; 32],
    };
    let mut answers = Vec::new();
    for (shopper, now) in [
        (1, boundary - 2),
        (2, boundary - 2),
        (2, boundary + 5),
        (1, boundary + 5),
    ] {
        let batch = [by(shopper)];
        let (_, joined, _) = shop
            .engine
            .store
            .join(&shop.sale, epoch, &[0; 32], &batch, now)
            .await
            .unwrap();
        answers.push(joined[0]);
    }
    let [
        Joined::New(number),
        Joined::Spent,
        Joined::Stale,
        Joined::Had(again),
    ] = answers[..]
    else {
        panic!("{answers:?}");
    };
    assert_eq!(number, again);
}

#[tokio::test(flavor = "multi_thread")]
async fn however_far_the_clock_of_an_edge_is_behind_no_proof_is_used_twice() {
    let shop = Shop::with(1).await;
    let (now, epoch) = (shop.engine.world.now(), shop.snapshot().epoch);
    for (case, periods) in [0, 1, 3, 4, 10, 1000].into_iter().enumerate() {
        let expires_at = now - periods * PERIOD_MS;
        let joins = async |shopper: u8| {
            let batch = [BatchedJoin {
                shopper: [shopper; 16],
                challenge: [7; 16],
                expires_at,
                epoch,
                leaf: [shopper; 32],
            }];
            let (store, its_now) = (&shop.engine.store, expires_at - 1);
            let joined = store
                .join(&shop.sale, epoch, &[0; 32], &batch, its_now)
                .await;
            joined.unwrap().1[0]
        };
        let both = (joins(2 * case as u8).await, joins(2 * case as u8 + 1).await);
        let key = format!("{{{}}}:spent:{}", shop.sale, expires_at / PERIOD_MS);
        let kept = shop.redis.keeps_until(&key).await;
        if periods < 2 {
            assert!(matches!(both, (Joined::New(_), Joined::Spent)), "{both:?}");
            // From then on nothing of that period is taken.
            let until = (expires_at / PERIOD_MS + 3) * PERIOD_MS;
            assert_eq!(kept, Some(until as i64));
        } else {
            assert_eq!((both, kept), ((Joined::Stale, Joined::Stale), None));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_redis_threw_away_what_was_used_no_proof_of_that_time_counts() {
    let shop = Shop::with(1).await;
    let now = shop.engine.world.now();
    let epoch = shop.snapshot().epoch;
    let joins = async |shopper: u8, challenge: u8, expires_at: u64| {
        let batch = [BatchedJoin {
            shopper: [shopper; 16],
            challenge: [challenge; 16],
            expires_at,
            epoch,
            leaf: [shopper; 32],
        }];
        let store = &shop.engine.store;
        let joined = store.join(&shop.sale, epoch, &[0; 32], &batch, now).await;
        joined.unwrap().1[0]
    };
    let (period, next) = (now / PERIOD_MS, (now / PERIOD_MS + 1) * PERIOD_MS);
    assert!(matches!(joins(1, 1, next).await, Joined::New(_)));
    assert!(matches!(joins(2, 2, next - 1).await, Joined::New(_)));
    assert_eq!(joins(3, 1, next).await, Joined::Spent);

    let key = format!("{{{}}}:spent:{}", shop.sale, period + 1);
    assert_eq!(shop.redis.forget(&key).await, 1);
    for challenge in [1, 4] {
        assert_eq!(joins(3, challenge, next).await, Joined::Stale);
    }
    // What expires in the other period is remembered still, and whoever has a place keeps it.
    assert_eq!(joins(3, 2, next - 1).await, Joined::Spent);
    assert!(matches!(joins(1, 1, next).await, Joined::Had(_)));
    assert!(matches!(joins(3, 5, next - 1).await, Joined::New(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_seed_is_random_and_is_what_has_to_be_solved() {
    let shop = Shop::with(1).await;
    let request = protocol::wire::ChallengeRequest {
        device: to_hex(&[1; 32]),
        ..Default::default()
    };
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..1000 {
        let given = shop
            .engine
            .challenge(&shop.sale, &request, BROWSER)
            .unwrap();
        let seed: [u8; 32] = from_hex(&given.seed).unwrap();
        let sealed = Challenge::open(&shop.engine.keys, &given.challenge).unwrap();
        assert_eq!(sealed.seed, seed);
        assert!(sealed.expires_at - sealed.not_before <= MAX_LIFETIME_MS);
        // No part of it repeats: a puzzle cannot be solved ahead.
        for part in 0..4 {
            assert!(seen.insert((part, seed[8 * part..8 * part + 8].to_vec())));
        }
    }
}
