//! What is begun, leased or swept by one edge only.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_duty_has_one_driver() {
    let two = Two::ledgers().await;
    for i in 0..100 {
        two.held(i, i as u32).await;
    }
    let mut leased = BTreeSet::new();
    while leased.len() < 100 {
        let (a, b) = tokio::join!(
            two.one.lease_duties(7, LEASE_MS, PER_S, NOW),
            two.other.lease_duties(7, LEASE_MS, PER_S, NOW)
        );
        for duty in a.unwrap().into_iter().chain(b.unwrap()) {
            assert_eq!(duty.kind, DutyKind::Authorize);
            assert!(leased.insert(duty.id), "duty {} was leased twice", duty.id);
        }
    }
    assert!(
        two.one
            .lease_duties(7, LEASE_MS, PER_S, NOW)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_a_moment_that_a_clock_set_which_was_set_back_since() {
    const HOUR: u64 = 3_600_000;
    let two = Two::ledgers().await;
    two.held(0, 0).await;
    let leases = async |now| {
        let due = two.other.duty_is_due(LEASE_MS, now).await.unwrap();
        let leased = two
            .other
            .lease_duties(1, LEASE_MS, PER_S, now)
            .await
            .unwrap();
        assert_eq!(due, !leased.is_empty());
        leased
    };
    // Leased by a clock that is an hour ahead, by one that is a little ahead, and put off by the first.
    assert_eq!(leases(NOW + HOUR).await.len(), 1);
    assert_eq!(leases(NOW).await.len(), 1);
    assert!(leases(NOW - CLOCKS_APART_MS / 2).await.is_empty());
    let duty = leases(NOW + LEASE_MS).await.remove(0);
    let put_off = two
        .one
        .postpone_duty(&duty, NOW + HOUR, "later".into(), false);
    put_off.await.unwrap();
    assert_eq!(leases(NOW + LEASE_MS).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_begins_one_attempt_and_an_epoch_is_given_once() {
    let two = Two::ledgers().await;
    let intend = async |ledger: &Ledger, number| {
        let card = "pm".to_owned();
        let asked = ledger.intend_payment(two.intention(TicketNumber(number), &card), NOW);
        asked.await.unwrap().payment
    };
    for i in 0..50 {
        let (a, b) = tokio::join!(intend(&two.one, i), intend(&two.other, i));
        assert_eq!(a, b);
        let (a, b) = tokio::join!(
            two.one.next_epoch(&two.sale, i + 1),
            two.other.next_epoch(&two.sale, i + 1)
        );
        let begun: Vec<u64> = [a, b].into_iter().filter_map(Result::unwrap).collect();
        assert_eq!(begun, [i + 2]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_that_is_wanted_soon_comes_once_and_looks_back_as_far() {
    let two = Two::ledgers().await;
    let every = 100_000;
    assert_eq!(two.one.begin_sweep(every, 1_000_000).await.unwrap(), None);
    two.one.sweep_by(1_005_000).await.unwrap();
    two.other.sweep_by(1_050_000).await.unwrap();
    assert_eq!(two.one.begin_sweep(every, 1_004_999).await.unwrap(), None);
    let since = two.one.begin_sweep(every, 1_005_000).await.unwrap();
    assert!(since.is_some_and(|since| since <= 1_000_000), "{since:?}");
    assert_eq!(two.other.begin_sweep(every, 1_005_000).await.unwrap(), None);
    // The clock is set back by more than anybody waits.
    let early = 1_005_000 - CLOCKS_APART_MS - 1;
    assert!(two.other.begin_sweep(every, early).await.unwrap().is_some());
}
