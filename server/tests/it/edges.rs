//! Several edges share Redis and the ledger and act as one shop. There is no leader to lose.

use crate::harness::{Edge, now};
use futures::future::join_all;
use protocol::Phase;
use reqwest::Method;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

const PEOPLE: usize = 40;
const RATE: u32 = 10;

/// The first edge brings the stores; the other two come and go.
async fn three_edges() -> [Edge; 3] {
    let first = Edge::start().await;
    let (second, third) = tokio::join!(first.beside(), first.beside());
    [first, second, third]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_a_pass_and_an_order_count_on_every_edge() {
    let [one, two, three] = three_edges().await;
    one.announces("one", 1).await;
    two.until_phase("one", Phase::Lobby).await;
    let ticket = two.joins("one").await;
    one.authorizes("one", &ticket).await;
    one.acts("one", "open").await;
    let pass = three.pass("one", &ticket).await;
    let order = two.buys("one", &pass).await;
    assert_eq!(order.status, 201, "{order:?}");
    for edge in [&one, &two, &three] {
        let again = edge.buys("one", &pass).await;
        assert_eq!(again.status, 200);
        assert_eq!(again.text("order"), order.text("order"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_line_moves_at_one_rate_and_one_edge_less_changes_nothing() {
    let edges = three_edges().await;
    edges[0].announces_at("one", 1000, RATE).await;
    for edge in &edges {
        edge.until_phase("one", Phase::Lobby).await;
    }
    let tickets = join_all((0..PEOPLE).map(|i| edges[i % 3].joins("one"))).await;
    let numbers: BTreeSet<u64> = join_all(tickets.iter().map(async |ticket| {
        let me = "/api/v1/sales/one/tickets/me";
        let standing = edges[1].send(Method::GET, me, Some(ticket), None).await;
        standing.body["number"].as_u64().unwrap()
    }))
    .await
    .into_iter()
    .collect();
    assert_eq!(numbers, (0..PEOPLE as u64).collect());

    edges[1].acts("one", "open").await;
    let [one, two, three] = edges;
    // Everybody asks for the pass everywhere, all the time; in the middle an edge dies.
    let began = Instant::now();
    let mut three = Some(three);
    let entered = join_all(tickets.iter().enumerate().map(async |(i, ticket)| {
        let edge = if i % 2 == 0 { &one } else { &two };
        edge.pass("one", ticket).await;
        now()
    }));
    let dying = async {
        sleep_until(began + Duration::from_secs(2)).await;
        three.as_ref().unwrap().signal("KILL");
    };
    let (mut entered, ()) = tokio::join!(entered, dying);
    drop(three.take());
    entered.sort_unstable();
    for (i, at) in entered.iter().enumerate() {
        let within = entered[i..]
            .iter()
            .take_while(|later| **later < at + 1000)
            .count();
        // The answers' way to here may take a moment longer for one than for the next.
        assert!(
            within <= RATE as usize + 2,
            "{within} entered within a second"
        );
    }
    let (a, b) = tokio::join!(one.fresh_status("one"), two.fresh_status("one"));
    assert_eq!((a.draw.seed, a.draw.size), (b.draw.seed, b.draw.size));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_operator_does_takes_effect_everywhere_within_a_second() {
    let [one, two, three] = three_edges().await;
    one.announces("one", 1).await;
    for edge in [&two, &three] {
        edge.until_phase("one", Phase::Lobby).await;
    }
    for (act, phase) in [
        ("pause", Phase::Paused),
        ("resume", Phase::Lobby),
        ("end", Phase::Closed),
    ] {
        assert_eq!(two.acts("one", act).await.status, 200);
        let done_at = Instant::now();
        for edge in [&one, &two, &three] {
            edge.until_phase("one", phase).await;
        }
        let took = done_at.elapsed();
        assert!(took < Duration::from_secs(1), "{act} took {took:?}");
    }
}
