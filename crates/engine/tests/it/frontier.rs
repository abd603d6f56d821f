//! The frontier: never faster than the rate, no slower than it has to be, and no further than there are units.

use crate::harness::{Redis, drawn_sale, until, wide};
use engine::redis::{Admission, Limits, Store};
use futures::future::join_all;
use protocol::{Rank, TicketNumber};
use std::collections::BTreeMap;

const TTL_MS: u64 = 60_000;

/// A sale that is open, and the people in its line; ticket numbers are ranks.
struct Line {
    _redis: Redis,
    store: Store,
    row: engine::ledger::SaleRow,
    claim_ms: u64,
    /// When each pass began, ms by the clock of Redis.
    began: BTreeMap<u64, u64>,
    /// Time and frontier, as several edges saw it.
    seen: Vec<(u64, u64)>,
}

impl Line {
    async fn open(units: u32, people: u64, rate: u32, claim_ms: u64) -> Self {
        let redis = Redis::start().await;
        let store = Store::connect(&redis.url).await.unwrap();
        let mut row = drawn_sale("rate", units, people);
        row.rate = rate;
        store.rebuild(&row, &[], 0).await.unwrap();
        Self {
            _redis: redis,
            store,
            row,
            claim_ms,
            began: BTreeMap::new(),
            seen: Vec::new(),
        }
    }

    /// Three edges move the sale on at the same time.
    async fn advance(&mut self) -> u64 {
        let states =
            join_all((0..3).map(|_| self.store.advance(&self.row.sale, wide(self.claim_ms)))).await;
        for state in states {
            let state = state.unwrap().unwrap();
            self.seen.push((state.now, state.number("frontier")));
        }
        self.seen.last().unwrap().1
    }

    /// Everyone who was called and is present enters.
    async fn enter(&mut self, frontier: u64, present: impl Fn(u64) -> bool) {
        let missing: Vec<u64> = (0..frontier)
            .filter(|rank| present(*rank) && !self.began.contains_key(rank))
            .collect();
        let store = &self.store;
        let row = &self.row;
        let asked = join_all(missing.iter().map(|rank| {
            store.admit(
                &row.sale,
                row.epoch,
                (TicketNumber(*rank), Rank(*rank)),
                None,
                TTL_MS,
                10_000,
            )
        }))
        .await;
        for (rank, admission) in missing.into_iter().zip(asked) {
            if let Admission::Granted { expires_at, .. } = admission.unwrap() {
                self.began.insert(rank, expires_at - TTL_MS);
            }
        }
    }

    /// The line moves for so long, by the clock of Redis.
    async fn moves(&mut self, ms: u64, present: impl Fn(u64) -> bool + Copy) {
        let started = self.advance().await;
        let _ = started;
        let first = self.seen.last().unwrap().0;
        until("the line has moved long enough", async || {
            let frontier = self.advance().await;
            self.enter(frontier, present).await;
            (self.seen.last().unwrap().0 >= first + ms).then_some(())
        })
        .await;
    }

    /// Passes that began within the busiest window of one second.
    fn most_passes_in_a_second(&self) -> usize {
        let mut began: Vec<u64> = self.began.values().copied().collect();
        began.sort_unstable();
        began
            .iter()
            .enumerate()
            .map(|(i, start)| began[i..].partition_point(|at| *at < start + 1000))
            .max()
            .unwrap_or(0)
    }

    /// Places called within the busiest window of one second.
    fn most_calls_in_a_second(&self) -> u64 {
        let mut seen = self.seen.clone();
        seen.sort_unstable();
        seen.iter()
            .enumerate()
            .map(|(i, (start, at_start))| {
                let end = seen[i..].partition_point(|(at, _)| *at < start + 1000);
                seen[i + end - 1].1 - at_start
            })
            .max()
            .unwrap_or(0)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_no_second_does_the_frontier_pass_the_rate() {
    let mut line = Line::open(5000, 5000, 200, 60_000).await;
    line.moves(2500, |_| true).await;
    assert!(line.most_calls_in_a_second() <= 200, "{:?}", line.seen);
    let called = line.seen.last().unwrap().1;
    assert!(called >= 450, "only {called} were called in 2.5 s at 200/s");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rush_at_the_door_leaves_one_by_one() {
    let mut line = Line::open(5000, 5000, 200, 60_000).await;
    // Nobody asks until 300 are called; then all at once.
    until("300 are called", async || {
        (line.advance().await >= 300).then_some(())
    })
    .await;
    line.enter(300, |_| true).await;
    assert_eq!(line.began.len(), 300);
    assert_eq!(line.most_passes_in_a_second(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_shows_cost_no_capacity() {
    let mut line = Line::open(5000, 20_000, 200, 500).await;
    let present = |rank: u64| rank % 10 >= 3;
    line.moves(5000, present).await;
    assert!(line.most_passes_in_a_second() <= 200);
    // After the first claim window the slots of the missing go on to the next.
    let from = line.seen[0].0 + 1000;
    let passes = line
        .began
        .values()
        .filter(|at| (from..from + 4000).contains(at))
        .count();
    assert!(
        passes >= 784,
        "{passes} passes in 4 s at 200/s: {}% of the capacity",
        passes / 8
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_called_whom_no_unit_could_wait_for() {
    let mut line = Line::open(10, 20_000, 10_000, 60_000).await;
    line.moves(500, |_| true).await;
    let called = line.seen.last().unwrap().1;
    assert!(
        (10..=25).contains(&called),
        "{called} were called for 10 units"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_do_not_buy_make_room_for_others() {
    let mut line = Line::open(10, 20_000, 10_000, 100).await;
    line.moves(1000, |_| false).await;
    let called = line.seen.last().unwrap().1;
    assert!(
        called >= 100,
        "only {called} were called although nobody came"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn admission_gives_way_while_a_part_is_strained_and_comes_back() {
    let line = Line::open(100_000, 100_000, 100, 1000).await;
    let advance = async |strained| {
        let limits = Limits {
            strained,
            ..wide(1000)
        };
        let state = line.store.advance(&line.row.sale, limits).await;
        let state = state.unwrap().unwrap();
        state
            .text("health")
            .map_or(1000, |_| state.number("health"))
    };
    assert_eq!(advance(false).await, 1000);
    assert_eq!(advance(true).await, 666);
    // One edge is strained, two are not: it goes down once a second, and up only when nobody complains.
    assert_eq!(advance(false).await, 666);
    until("it gives way again", async || {
        let (health, _) = (advance(true).await, advance(false).await);
        assert!(health <= 666);
        (health == 444).then_some(())
    })
    .await;
    until("it comes back", async || {
        (advance(false).await == 494).then_some(())
    })
    .await;
}
