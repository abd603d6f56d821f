//! Random schedules of shoppers, faults, crashes and webhooks, against the real worker, a real ledger and the real
//! simulator. However it goes, in the end ledger, journal and bank tell the same story.
//!
//! `SLUICE_SCHEDULES=full` runs the whole number of cases (`make schedules`); `SLUICE_SCHEDULE=<seed>` one.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]
#![allow(clippy::print_stdout, reason = "how much was tried")]

mod case;
mod faulty;
mod shop;

use case::{Events, Outcome};
use futures::{StreamExt as _, stream};
use shop::{Bank, Town};
use std::sync::Arc;

/// Cases that run at once: most of a case is waiting.
const AT_ONCE: usize = 24;

fn how_many(some: u64, all: u64) -> std::ops::Range<u64> {
    if let Ok(seed) = std::env::var("SLUICE_SCHEDULE") {
        let seed = seed.parse().unwrap();
        return seed..seed + 1;
    }
    match std::env::var("SLUICE_SCHEDULES").as_deref() {
        Ok("full") => 0..all,
        _ => 0..some,
    }
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
    let Bank {
        calls,
        faults,
        crashes,
    } = town.counts();
    println!(
        "{cases} schedules, {calls} calls, {faults} faults, {crashes} crashes in {:?}",
        started.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_change_nothing_lost_or_five_times_and_shuffled() {
    let town = Arc::new(Town::open().await);
    each(how_many(12, 200), async |seed| {
        let lost: Outcome = case::run(&town, seed, Events::Lost, false).await;
        let five_times = case::run(&town, seed, Events::FiveTimesShuffled, false).await;
        assert_eq!(lost, five_times, "schedule {seed}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_capture_and_a_void_never_both() {
    let town = Arc::new(Town::open().await);
    let races = how_many(400, 10_000);
    let (captured, voided) = case::race(&town, races.end - races.start).await;
    println!("{captured} captured, {voided} voided");
    assert_eq!(captured + voided, races.end - races.start);
    assert!(
        captured > 0 && voided > 0,
        "{captured} captured, {voided} voided: no race"
    );
}
