//! Places in the ledger: a number has one owner, whatever Redis says.

use crate::database::Database;
use crate::harness::{drawn_sale, now};
use engine::Error;
use engine::ledger::{Ledger, LedgerUrl, Run, SaleRow};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::BTreeMap;
use tempfile::TempDir;

async fn ledger() -> ((TempDir, Database), Ledger, SaleRow) {
    let directory = tempfile::tempdir().unwrap();
    let database = Database::create(directory.path()).await;
    let url = LedgerUrl::parse(&database.url).unwrap();
    let ledger = Ledger::open(&url).await.unwrap();
    let row = drawn_sale("places", 1, 0);
    ledger.announce(row.clone(), now()).await.unwrap();
    ((directory, database), ledger, row)
}

fn run(first: u64, shoppers: &[u8], root: Option<u8>) -> Run {
    Run {
        first,
        shoppers: shoppers.iter().map(|shopper| [*shopper; 16]).collect(),
        root: root.map(|byte| [byte; 32]),
    }
}

#[tokio::test]
async fn a_number_has_one_owner() {
    let (_kept, ledger, row) = ledger().await;
    let keep = async |run| ledger.keep_places(&row.sale, 1, vec![run]).await;
    keep(run(10, &[1, 2, 3], Some(1))).await.unwrap();
    // The same again, as after a commit whose answer was lost.
    keep(run(10, &[1, 2, 3], Some(1))).await.unwrap();
    keep(run(11, &[2], None)).await.unwrap();
    for other in [
        run(12, &[4], None),
        run(12, &[4, 5], Some(2)),
        run(9, &[4, 5], Some(2)),
        run(0, &[9; 100], Some(2)),
        // The same people in another batch: Redis went back in time.
        run(10, &[1, 2, 3], Some(2)),
        run(10, &[1, 2], Some(1)),
    ] {
        let refused = keep(other.clone()).await;
        assert!(matches!(refused, Err(Error::NumberTaken)), "{other:?}");
    }
    assert_eq!(ledger.places_end(&row.sale).await.unwrap(), 13);
}

#[tokio::test]
async fn who_asked_again_first_joins_the_batch_they_came_from() {
    let (_kept, ledger, row) = ledger().await;
    let keep = async |run| ledger.keep_places(&row.sale, 1, vec![run]).await;
    keep(run(8, &[1, 2, 3, 4], None)).await.unwrap();
    keep(run(9, &[2, 3], Some(7))).await.unwrap();
    let kept = ledger.places(&row.sale, 0, 10).await.unwrap();
    let expected = [
        run(8, &[1], None),
        run(9, &[2, 3], Some(7)),
        run(11, &[4], None),
    ];
    assert_eq!(kept, expected);
}

#[tokio::test]
async fn nothing_of_an_ended_life_is_written() {
    let (_kept, ledger, row) = ledger().await;
    assert_eq!(ledger.next_epoch(&row.sale, 1).await.unwrap(), Some(2));
    assert_eq!(ledger.next_epoch(&row.sale, 1).await.unwrap(), None);
    let late = ledger
        .keep_places(&row.sale, 1, vec![run(0, &[1], Some(1))])
        .await;
    assert!(matches!(late, Err(Error::Rebuilding)), "{late:?}");
    assert_eq!(ledger.places_end(&row.sale).await.unwrap(), 0);
    let now = ledger.keep_places(&row.sale, 2, vec![run(0, &[1], Some(1))]);
    now.await.unwrap();
}

/// Whatever comes in whatever order: nobody loses a number that was kept, and nobody gets another's.
#[test]
fn runs_never_overlap_and_never_change_owners() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (_kept, ledger, row) = runtime.block_on(ledger());
    let mut runner = TestRunner::new(Config {
        cases: 60,
        failure_persistence: None,
        ..Config::default()
    });
    let one = (
        0u64..12,
        prop::collection::vec(0u8..3, 1..6),
        prop::option::of(0u8..2),
    );
    let names = std::cell::Cell::new(0u32);
    let outcome = runner.run(&prop::collection::vec(one, 1..12), |runs| {
        names.set(names.get() + 1);
        let mut row = row.clone();
        row.sale = protocol::SaleId::parse(&format!("places-{}", names.get())).unwrap();
        runtime
            .block_on(ledger.announce(row.clone(), now()))
            .unwrap();
        let mut owners = BTreeMap::new();
        for (first, shoppers, root) in runs {
            let run = run(first, &shoppers, root);
            let kept = runtime.block_on(ledger.keep_places(&row.sale, 1, vec![run.clone()]));
            let numbers = run.shoppers.iter().zip(run.first..);
            let is_taken = numbers
                .clone()
                .any(|(shopper, number)| owners.get(&number).is_some_and(|owner| owner != shopper));
            prop_assert!(!(is_taken && kept.is_ok()), "{:?}", run);
            if kept.is_ok() {
                owners.extend(numbers.map(|(shopper, number)| (number, *shopper)));
            }
            let all = runtime.block_on(ledger.places(&row.sale, 0, 100)).unwrap();
            let told: Vec<_> = all
                .iter()
                .flat_map(|run| (run.first..).zip(run.shoppers.iter().copied()))
                .collect();
            prop_assert_eq!(told, owners.clone().into_iter().collect::<Vec<_>>());
        }
        Ok(())
    });
    outcome.unwrap();
}
