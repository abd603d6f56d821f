//! The line and its draw: what was told is kept once, in the life in which it was told.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn the_draw_is_made_once_in_this_life_and_from_every_join_that_was_told() {
    let two = Two::ledgers().await;
    let batch = Run {
        first: 0,
        shoppers: vec![[1; 16], [2; 16]],
        root: Some([3; 32]),
    };
    let entry = batch.entry().unwrap();
    two.one
        .keep_places(&two.sale, 1, vec![batch])
        .await
        .unwrap();
    let draw = |size, name: &str| Drawn {
        size,
        transcript: name.to_owned(),
        seed: name.to_owned(),
        beacon: None,
    };
    let lost = two.one.keep_draw(&two.sale, 1, draw(2, "first"), vec![]);
    assert!(matches!(lost.await, Err(Error::Behind)));
    let late = two
        .one
        .keep_draw(&two.sale, 0, draw(2, "first"), vec![entry]);
    assert!(matches!(late.await, Err(Error::Rebuilding)));
    for ledger in [&two.one, &two.other] {
        let kept = ledger.keep_draw(&two.sale, 1, draw(2, "first"), vec![entry]);
        kept.await.unwrap();
    }
    let another = two
        .other
        .keep_draw(&two.sale, 1, draw(2, "second"), vec![entry]);
    assert!(matches!(another.await, Err(Error::Behind)));
    let row = two.other.sale(&two.sale).await.unwrap();
    assert_eq!(row.draw, Some(draw(2, "first")));
    let entries = two.other.draw_entries(&two.sale).await.unwrap();
    assert_eq!(entries, entry.bytes());
}

/// Two edges on two Redises that tell the same numbers: of two owners one is refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_has_one_owner_though_two_edges_write_at_once() {
    let two = Two::ledgers().await;
    for first in 0..50 {
        let keep = async |ledger: &Ledger, shopper: u8| {
            let run = Run {
                first: 2 * first + u64::from(shopper % 2),
                shoppers: vec![[shopper; 16]; 2],
                root: None,
            };
            ledger.keep_places(&two.sale, 1, vec![run]).await
        };
        let (a, b) = tokio::join!(keep(&two.one, 1), keep(&two.other, 2));
        let refused = [a, b].into_iter().filter_map(Result::err);
        let refused: Vec<Error> = refused.collect();
        assert!(!refused.is_empty());
        assert!(
            refused
                .iter()
                .all(|error| matches!(error, Error::NumberTaken)),
            "{refused:?}"
        );
    }
}

/// Nothing of an ended life is written once the next one has begun, so a rebuild reads all that stands.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_rebuild_does_not_read_is_refused() {
    let two = Two::ledgers().await;
    for life in 1..50 {
        let run = Run {
            first: life,
            shoppers: vec![[1; 16]],
            root: None,
        };
        let rebuilding = async {
            let begun = two.other.next_epoch(&two.sale, life).await.unwrap();
            assert_eq!(begun, Some(life + 1));
            two.other.places_end(&two.sale).await.unwrap()
        };
        let keeping = two.one.keep_places(&two.sale, life, vec![run]);
        let (kept, end) = tokio::join!(keeping, rebuilding);
        match kept {
            Ok(()) => assert_eq!(end, life + 1),
            Err(error) => assert!(matches!(error, Error::Rebuilding), "{error}"),
        }
    }
}
