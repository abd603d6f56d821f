//! Random schedules of shoppers, faults, crashes and webhooks, against the real worker, a real ledger and the real
//! simulator. However it goes, in the end ledger, journal and bank tell the same story.
//!
//! - [`schedule`]: what people do; [`case`]: one schedule from beginning to end; [`race`]: two acts at one moment,
//! - [`weather`]: what goes wrong with which call, [`faulty`]: the client in it; [`events`]: what the provider tells,
//! - [`worker`]: workers that die; [`town`]: what the cases share; [`verdict`]: what must be true in the end.
//!
//! `SLUICE_SCHEDULES=full` runs the whole number of cases (`make schedules`). `SLUICE_SCHEDULE=<seed>` runs one, with
//! the same acts and the same fate for every call; how the threads interleave is the machine's.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]
#![allow(clippy::print_stdout, reason = "how much was tried")]

mod case;
mod events;
mod faulty;
mod insist;
mod provider;
mod race;
mod rows;
mod schedule;
mod settings;
mod town;
mod verdict;
mod weather;
mod worker;

use events::Events;
use futures::{StreamExt as _, stream};
use std::sync::Arc;
use town::Town;

/// Cases that run at once: most of a case is waiting.
const AT_ONCE: usize = 24;

fn how_many(some: u64, all: u64) -> std::ops::Range<u64> {
    if let Ok(seed) = std::env::var("SLUICE_SCHEDULE") {
        let seed = seed.parse().unwrap();
        return seed..seed + 1;
    }
    0..if is_full() { all } else { some }
}

fn is_full() -> bool {
    std::env::var("SLUICE_SCHEDULES").is_ok_and(|which| which == "full")
}

async fn each(seeds: std::ops::Range<u64>, run: impl AsyncFn(u64)) {
    stream::iter(seeds)
        .for_each_concurrent(AT_ONCE, |seed| run(seed))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_fails_the_ledger_and_the_bank_tell_one_story() {
    let town = Arc::new(Town::open().await);
    let started = tokio::time::Instant::now();
    let seeds = how_many(120, 2000);
    let cases = seeds.end - seeds.start;
    each(seeds, async |seed| {
        case::run(&town, seed, Events::Some, true).await;
    })
    .await;
    println!(
        "{cases} schedules, {} in {:?}",
        town.counts(),
        started.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_change_nothing_lost_or_five_times_and_shuffled() {
    let town = Arc::new(Town::open().await);
    each(how_many(12, 200), async |seed| {
        let lost = case::run(&town, seed, Events::Lost, false).await;
        let five_times = case::run(&town, seed, Events::FiveTimesShuffled, false).await;
        assert_eq!(lost, five_times, "schedule {seed}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_capture_and_a_void_never_both() {
    let town = Arc::new(Town::open().await);
    let races = if is_full() { 10_000 } else { 400 };
    let (captured, voided) = race::race(&town, races).await;
    println!("{captured} captured, {voided} voided");
    assert_eq!(captured + voided, races);
    assert!(
        captured > 0 && voided > 0,
        "{captured} captured, {voided} voided: no race"
    );
}
