//! Two edges that claim at once: of one unit, of one buyer, against abandonment, void and settlement.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn of_two_claims_of_one_unit_exactly_one_wins() {
    let two = Two::ledgers().await;
    for unit in 0..200 {
        let number = u64::from(unit) * 2;
        let (a, b) = (
            two.held(number, unit).await,
            two.held(number + 1, unit).await,
        );
        let (a, b) = tokio::join!(two.one.claim(a, NOW), two.other.claim(b, NOW));
        let refused = match (a, b) {
            (Ok(_), Err(refused)) | (Err(refused), Ok(_)) => refused,
            both => panic!("unit {unit}: {both:?}"),
        };
        assert!(
            matches!(refused, Error::ClaimRefused(ClaimRefusal::UnitTaken)),
            "unit {unit}: {refused}"
        );
    }
    let tally = two.one.tally(&two.sale).await.unwrap();
    // The loser's hold stands: its claim was undone as a whole.
    assert_eq!(
        (tally.units, tally.orders, tally.open_authorizations),
        (200, 200, 400)
    );
    let claims = two.other.claims(&two.sale).await.unwrap();
    assert_eq!(claims.len(), 200);
    assert!(
        claims.iter().all(|claim| claim.buyers.len() == 3),
        "{claims:?}"
    );
    assert!(!two.one.is_failing() && !two.other.is_failing());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_claims_of_one_buyer_exactly_one_wins() {
    let two = Two::ledgers().await;
    for i in 0..50 {
        let mut claims = [
            two.held(2 * i, 2 * i as u32).await,
            two.held(2 * i + 1, 2 * i as u32 + 1).await,
        ];
        for claim in &mut claims {
            claim.buyers[1] = format!("email-{i}");
        }
        let [a, b] = claims;
        let (a, b) = tokio::join!(two.one.claim(a, NOW), two.other.claim(b, NOW));
        let refused = match (a, b) {
            (Ok(_), Err(refused)) | (Err(refused), Ok(_)) => refused,
            both => panic!("{both:?}"),
        };
        assert!(
            matches!(refused, Error::ClaimRefused(ClaimRefusal::BuyerTaken)),
            "{refused}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_claims_of_one_buyer_as_many_win_as_the_limit_says() {
    const LIMIT: usize = 3;
    let two = Two::selling_at_most(LIMIT as u32).await;
    for buyer in 0..10u64 {
        let mut claims = Vec::new();
        for number in buyer * 6..buyer * 6 + 6 {
            let mut claim = two.held(number, number as u32).await;
            claim.buyers[1] = format!("email-{buyer}");
            claims.push(claim);
        }
        let claiming = claims.into_iter().enumerate().map(|(i, claim)| {
            let edge = if i % 2 == 0 { &two.one } else { &two.other };
            edge.claim(claim, NOW)
        });
        let claimed = futures::future::join_all(claiming).await;
        let refused = |answer: &Result<OrderRow, Error>| {
            matches!(answer, Err(Error::ClaimRefused(ClaimRefusal::BuyerTaken)))
        };
        let won = claimed.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(won, LIMIT, "{claimed:?}");
        let lost = claimed.iter().filter(|answer| refused(answer)).count();
        assert_eq!(lost, 6 - LIMIT, "{claimed:?}");
    }
    assert_eq!(two.one.faults(&two.sale, NOW).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_beyond_the_last_is_never_claimed() {
    let two = Two::ledgers().await;
    let beyond = two.held(0, 1000).await;
    let refused = two.one.claim(beyond, NOW).await;
    assert!(matches!(
        refused,
        Err(Error::ClaimRefused(ClaimRefusal::UnitTaken))
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_claim_made_on_two_edges_is_one_order_told_to_both() {
    let two = Two::ledgers().await;
    for i in 0..100 {
        let claim = two.held(i, i as u32).await;
        let (a, b) = tokio::join!(
            two.one.claim(claim.clone(), NOW),
            two.other.claim(claim, NOW)
        );
        let name = |row: Result<OrderRow, Error>| row.unwrap().order.order;
        assert_eq!(name(a), name(b));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn claim_and_abandonment_exclude_each_other_across_edges() {
    let two = Two::ledgers().await;
    for i in 0..100 {
        let claim = two.held(i, i as u32).await;
        let abandoning =
            two.other
                .abandon(claim.order.clone(), two.sale.clone(), claim.number, NOW);
        let (claimed, abandoned) = tokio::join!(two.one.claim(claim, NOW), abandoning);
        match (claimed, abandoned.unwrap()) {
            (Ok(_), false) | (Err(Error::ClaimRefused(ClaimRefusal::Abandoned)), true) => {}
            both => panic!("{both:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_is_settled_once_and_claim_and_void_exclude_each_other() {
    let two = Two::ledgers().await;
    for i in 0..50 {
        let claim = two.held(i, i as u32).await;
        let payment = claim.payment.clone();
        let voiding = two.other.void_ticket(two.ticket(claim.number), NOW);
        let (claimed, voided) = tokio::join!(two.one.claim(claim, NOW), voiding);
        voided.unwrap();
        let status = two.one.payment(&payment).await.unwrap().unwrap().status;
        match claimed {
            Ok(_) => assert_eq!(status, PaymentStatus::Capturing),
            Err(refused) => {
                assert!(
                    matches!(refused, Error::ClaimRefused(ClaimRefusal::NotAuthorized)),
                    "{refused}"
                );
                assert_eq!(status, PaymentStatus::Voiding);
                continue;
            }
        }
        let settled = tokio::join!(
            two.one.settle(payment.clone(), Settlement::Captured, NOW),
            two.other
                .settle(payment, Settlement::Refused("late".into()), NOW),
        );
        assert!(
            matches!(settled, (Ok(Some(_)), Ok(None)) | (Ok(None), Ok(Some(_)))),
            "{settled:?}"
        );
    }
    let tally = two.one.tally(&two.sale).await.unwrap();
    assert_eq!(
        (
            tally.journal_sum,
            tally.orders_without_unit,
            tally.captured_without_order
        ),
        (0, 0, 0)
    );
    assert_eq!((tally.captured, tally.orders), (tally.units, tally.units));
}
