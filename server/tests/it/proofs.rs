//! Over HTTP: a proof counts once, whoever sends it, however often, and to whichever edge.

use crate::harness::{Answer, Edge, kill, now};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use futures::future::join_all;
use protocol::challenge::Challenge;
use protocol::codec::Keyring;
use protocol::digest::{sha256, tagged, to_hex};
use protocol::{Phase, SaleId, proof};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const TICKETS: &str = "/api/v1/sales/one/tickets";
const SECRET: [u8; 32] = [5; 32];
const REPLAYS: usize = 1000;

async fn submits(edge: &Edge, join: &Value) -> Answer {
    edge.send(Method::POST, TICKETS, None, Some(join.clone()))
        .await
}

/// The same proof in the name of another browser.
fn as_browser(join: &Value, number: usize) -> Value {
    let coordinate =
        |part: u8| URL_SAFE_NO_PAD.encode(sha256(&[&[part][..], &number.to_be_bytes()].concat()));
    let mut join = join.clone();
    join["key"] = json!({ "kty": "EC", "crv": "P-256", "x": coordinate(0), "y": coordinate(1) });
    join
}

/// How many answers there were of each kind.
fn kinds(answers: &[Answer]) -> BTreeMap<(u16, &str), usize> {
    let mut kinds = BTreeMap::new();
    for answer in answers {
        let kind = answer.body["type"].as_str().unwrap_or("a place");
        *kinds
            .entry((answer.status.as_u16(), kind.rsplit('/').next().unwrap()))
            .or_default() += 1;
    }
    kinds
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_submits_of_one_proof_to_three_edges_get_one_place() {
    let one = Edge::start().await;
    let (two, three) = tokio::join!(one.beside(), one.beside());
    one.announces("one", 1).await;
    for edge in [&two, &three] {
        edge.until_phase("one", Phase::Lobby).await;
    }
    let edges = [&one, &two, &three];
    let proof = one.solved("one").await;
    let answers = join_all((0..REPLAYS).map(async |i| {
        let join = as_browser(&proof, i);
        // An edge that is only busy is asked again, as browsers do.
        edges[i % 3]
            .until("an answer", async || {
                Some(submits(edges[i % 3], &join).await).filter(|a| a.status != 503)
            })
            .await
    }))
    .await;
    let kinds = kinds(&answers);
    assert_eq!(
        kinds,
        BTreeMap::from([
            ((201, "a place"), 1),
            ((409, "challenge_spent"), REPLAYS - 1)
        ])
    );
    assert_eq!(three.fresh_status("one").await.tail, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_proof_stays_used_though_redis_was_killed_or_emptied() {
    let edge = Edge::start().await;
    edge.announces("one", 1).await;
    let used = edge.solved("one").await;
    let unused = edge.solved("one").await;
    assert_eq!(submits(&edge, &as_browser(&used, 0)).await.status, 201);

    let killed = edge.redis_pid();
    kill("KILL", killed);
    let replayed = edge
        .until("redis is back", async || {
            Some(submits(&edge, &as_browser(&used, 1)).await).filter(|a| a.status != 503)
        })
        .await;
    assert_eq!(
        kinds(&[replayed]),
        BTreeMap::from([((409, "challenge_spent"), 1)])
    );

    let epoch = edge.status("one").await.epoch;
    let emptied = std::process::Command::new("redis-cli")
        .arg("-s")
        .arg(edge.data().join("redis.sock"))
        .arg("flushall")
        .output()
        .unwrap();
    assert!(emptied.status.success());
    edge.until("the sale was laid anew", async || {
        (edge.status("one").await.epoch > epoch).then_some(())
    })
    .await;
    // Nobody knows any more which of the two was used.
    for join in [as_browser(&used, 2), as_browser(&unused, 3)] {
        let answer = edge
            .until("an answer", async || {
                Some(submits(&edge, &join).await).filter(|a| a.status != 503)
            })
            .await;
        assert_eq!(
            kinds(&[answer]),
            BTreeMap::from([((422, "challenge_invalid"), 1)])
        );
    }
    assert_eq!(edge.fresh_status("one").await.tail, 1);
    edge.joins("one").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_altered_or_borrowed_proof_gets_a_place() {
    let edge = Edge::start_with(vec![("SLUICE_SERVER__SECRET", to_hex(&SECRET))]).await;
    edge.announces("one", 1).await;
    let ring = Keyring::new((1, tagged("sluice/token-key/v1", &[&SECRET])));
    let epoch = edge.status("one").await.epoch;
    let mut seeds = 0u8;
    let mut puzzle = || {
        seeds += 1;
        Challenge {
            sale: SaleId::parse("one").unwrap(),
            epoch,
            seed: sha256(&[seeds]),
            rounds: 16,
            difficulty: 4,
            suspicion: 0,
            captcha: false,
            keyless: false,
            device: [1; 32],
            network: [0; 8],
            not_before: now() - 10_000,
            expires_at: now() + 60_000,
        }
    };
    let solved = |puzzle: &Challenge| {
        json!({
            "challenge": puzzle.seal(&ring),
            "nonces": proof::solve(&puzzle.seed, puzzle.rounds, puzzle.difficulty),
            "device": to_hex(&puzzle.device),
        })
    };
    let good = puzzle();
    let with = |field: &str, value: Value| {
        let mut join = solved(&good);
        join[field] = value;
        join
    };
    let sealed = good.seal(&ring);
    let another = puzzle();
    let mut cheats = vec![
        ("no nonces", with("nonces", json!([])), "proof_invalid"),
        ("zeros", with("nonces", json!(vec![0; 16])), "proof_invalid"),
        (
            "one round less",
            with("nonces", json!(proof::solve(&good.seed, 15, 4))),
            "proof_invalid",
        ),
        (
            "another's work",
            with("nonces", solved(&another)["nonces"].clone()),
            "proof_invalid",
        ),
        (
            "another's challenge",
            with("challenge", json!(another.seal(&ring))),
            "proof_invalid",
        ),
        (
            "another device",
            with("device", json!("22".repeat(32))),
            "challenge_invalid",
        ),
        (
            "no rounds asked for",
            solved(&Challenge {
                rounds: 0,
                ..puzzle()
            }),
            "proof_invalid",
        ),
        (
            "another sale",
            solved(&Challenge {
                sale: SaleId::parse("two").unwrap(),
                ..puzzle()
            }),
            "challenge_invalid",
        ),
        (
            "expired",
            solved(&Challenge {
                expires_at: now(),
                ..puzzle()
            }),
            "challenge_invalid",
        ),
        (
            "not yet",
            solved(&Challenge {
                not_before: now() + 30_000,
                ..puzzle()
            }),
            "challenge_invalid",
        ),
        (
            "too old, whatever it says",
            solved(&Challenge {
                not_before: now() - 130_000,
                ..puzzle()
            }),
            "challenge_invalid",
        ),
        (
            "of an earlier life",
            solved(&Challenge {
                epoch: epoch - 1,
                ..puzzle()
            }),
            "challenge_invalid",
        ),
        (
            "of another shop",
            with("challenge", json!(good.seal(&Keyring::new((1, [9; 32]))))),
            "challenge_invalid",
        ),
    ];
    // A letter changed anywhere, a token cut anywhere, two tokens joined anywhere.
    let other = another.seal(&ring);
    for at in (0..sealed.len()).step_by(3) {
        let letter = if &sealed[at..=at] == "A" { "B" } else { "A" };
        let altered = format!("{}{letter}{}", &sealed[..at], &sealed[at + 1..]);
        let spliced = format!("{}{}", &sealed[..at + 1], &other[at + 1..]);
        for challenge in [altered, sealed[..at].to_owned(), spliced] {
            if challenge != sealed && challenge != other {
                cheats.push((
                    "a broken seal",
                    with("challenge", json!(challenge)),
                    "challenge_invalid",
                ));
            }
        }
    }
    for (why, join, kind) in cheats {
        let answer = submits(&edge, &join).await;
        assert_eq!(
            kinds(&[answer]),
            BTreeMap::from([((422, kind), 1)]),
            "{why}: {join}"
        );
    }
    assert_eq!(edge.fresh_status("one").await.tail, 0);
    // Who is still where the challenge went is not counted, who comes from elsewhere is; both get in.
    let before = moved(&edge).await;
    edge.joins("one").await;
    assert_eq!(moved(&edge).await, before);
    assert_eq!(submits(&edge, &solved(&good)).await.status, 201);
    assert_eq!(moved(&edge).await, before + 1);
}

/// The figure of joins that came from another network than their challenge went to.
async fn moved(edge: &Edge) -> u64 {
    let metrics = format!("{}/metrics", edge.admin_url);
    let text = reqwest::get(metrics).await.unwrap().text().await.unwrap();
    let mut lines = text.lines();
    let figure = lines.find_map(|line| line.strip_prefix("sluice_joins_moved_total "));
    figure.map_or(0, |figure| figure.parse().unwrap())
}
