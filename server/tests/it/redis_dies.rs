//! Redis is killed in the middle of the lobby and in the middle of admission.

use crate::harness::{Edge, kill, now};
use futures::future::join_all;
use protocol::{Phase, Rank, Snapshot, TicketNumber};
use reqwest::Method;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinHandle;

const PEOPLE: usize = 30;
/// Admissions per second: slow enough that there is a middle.
const RATE: u32 = 5;

/// Asks for the status all the time, as the pages of a crowd would.
struct Watching {
    over: Arc<AtomicBool>,
    seen: JoinHandle<Vec<Snapshot>>,
}

impl Watching {
    fn start(edge: &Edge) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let (until, url) = (Arc::clone(&over), edge.url.clone());
        let seen = tokio::spawn(async move {
            let client = reqwest::Client::new();
            let mut seen = Vec::new();
            while !until.load(Ordering::Relaxed) {
                let request = client.get(format!("{url}/api/v1/sales/one/status"));
                let answer = request.timeout(Duration::from_secs(1)).send().await;
                let answer = answer.expect("a poll is answered, whatever died");
                assert_eq!(answer.status(), 200);
                seen.push(answer.json().await.unwrap());
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            seen
        });
        Self { over, seen }
    }

    async fn stop(self) -> Vec<Snapshot> {
        self.over.store(true, Ordering::Relaxed);
        self.seen.await.unwrap()
    }
}

async fn numbers(edge: &Edge, tickets: &[String]) -> Vec<TicketNumber> {
    join_all(tickets.iter().map(async |ticket| {
        let me = "/api/v1/sales/one/tickets/me";
        let standing = edge.send(Method::GET, me, Some(ticket), None).await;
        TicketNumber(standing.body["number"].as_u64().unwrap())
    }))
    .await
}

fn ranks(snapshot: &Snapshot, numbers: &[TicketNumber]) -> Vec<Option<Rank>> {
    let rank_of = |number: &TicketNumber| snapshot.rank_of(*number);
    numbers.iter().map(rank_of).collect()
}

fn was_told(seen: &[Snapshot]) -> bool {
    let told = |s: &&Snapshot| s.phase == Phase::Paused && s.message.is_some();
    let honest = |s: &Snapshot| s.message.as_deref().unwrap().contains("Your place is kept");
    seen.iter().find(told).is_some_and(honest)
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_lobby_nobody_loses_a_place() {
    let edge = Edge::start().await;
    edge.announces_at("one", 100, RATE).await;
    let mut tickets = join_all((0..PEOPLE / 2).map(|_| edge.joins("one"))).await;
    let before = numbers(&edge, &tickets).await;

    let watching = Watching::start(&edge);
    let (_, more) = tokio::join!(
        async { kill("KILL", edge.redis_pid()) },
        // Whoever arrives meanwhile keeps the solved proof and asks again.
        join_all((0..PEOPLE / 2).map(async |_| {
            let join = edge
                .until("a puzzle", async || edge.tries_to_solve("one").await)
                .await;
            edge.until("a place", async || edge.tries_to_join("one", &join).await)
                .await
        })),
    );
    edge.until_phase("one", Phase::Lobby).await;
    tickets.extend(more);
    let seen = watching.stop().await;
    assert!(was_told(&seen), "the page said nothing of it");
    let after = numbers(&edge, &tickets).await;
    assert_eq!(after[..before.len()], before);
    let mut distinct = after.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(
        distinct.len(),
        tickets.len(),
        "a number was given twice: {after:?}"
    );
    edge.acts("one", "open").await;
    let open = edge.until_phase("one", Phase::Open).await;
    assert_eq!(open.draw.size, Some(open.tail));
}

#[tokio::test(flavor = "multi_thread")]
async fn in_admission_every_rank_stays_and_the_line_goes_on_within_five_seconds() {
    let edge = Edge::start().await;
    edge.announces_at("one", 100, RATE).await;
    let tickets = join_all((0..PEOPLE).map(|_| edge.joins("one"))).await;
    let numbers = numbers(&edge, &tickets).await;
    edge.acts("one", "open").await;
    let before = edge
        .until("the line moves", async || {
            Some(edge.status("one").await).filter(|s| s.frontier > 3)
        })
        .await;

    let watching = Watching::start(&edge);
    kill("KILL", edge.redis_pid());
    let killed_at = now();
    let on = edge
        .until("the line goes on", async || {
            let moved = |s: &Snapshot| s.frontier > before.frontier + 2 && s.at > killed_at;
            Some(edge.status("one").await).filter(|s| s.phase == Phase::Open && moved(s))
        })
        .await;
    let took = now() - killed_at;
    let seen = watching.stop().await;
    assert!(took < 5000, "admission went on only after {took} ms");
    assert!(was_told(&seen), "the page said nothing of it");
    assert_eq!(ranks(&on, &numbers), ranks(&before, &numbers));
    assert!(
        seen.windows(2)
            .all(|pair| pair[1].frontier >= pair[0].frontier),
        "the frontier went back"
    );
    let first = |s: &Snapshot| ranks(s, &numbers).iter().position(|r| *r == Some(Rank(0)));
    let called = &tickets[first(&on).unwrap()];
    edge.pass("one", called).await;
}
