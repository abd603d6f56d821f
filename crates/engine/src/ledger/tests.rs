//! Two writers on one ledger, as two edges on one Postgres, or two processes on one SQLite file.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

// Both kinds, as in the integration tests.
#[path = "../../tests/it/database.rs"]
mod database;

use super::payments::{Learned, PaymentStatus};
use super::{
    Claim, ClaimRefusal, Drawn, DutyKind, Intention, Ledger, LedgerUrl, OrderRow, Run, SaleRow,
    Seen, Settlement, When,
};
use crate::Error;
use database::Database;
use protocol::ticket::Ticket;
use protocol::{Currency, Money, SaleId, TicketNumber, UnitNo};
use sqlx::Row as _;
use std::collections::BTreeSet;
use tempfile::TempDir;

const NOW: u64 = 1_000_000;
const LEASE_MS: u64 = 30_000;
/// So many that the pace is no bound.
const PER_S: u32 = 1_000_000;

struct Two {
    one: Ledger,
    other: Ledger,
    sale: SaleId,
    database: Database,
    _directory: TempDir,
}

impl Two {
    async fn ledgers() -> Self {
        Self::selling_at_most(1).await
    }

    /// A sale that sells so many to one buyer.
    async fn selling_at_most(limit_per_buyer: u32) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let database = Database::create(directory.path()).await;
        let url = LedgerUrl::parse(&database.url).unwrap();
        let one = Ledger::open(&url).await.unwrap();
        let other = Ledger::open(&url).await.unwrap();
        let sale = SaleId::parse("test").unwrap();
        let row = SaleRow {
            limit_per_buyer,
            ..announced(&sale)
        };
        one.announce(row, NOW).await.unwrap();
        Self {
            one,
            other,
            sale,
            database,
            _directory: directory,
        }
    }

    fn intention(&self, number: TicketNumber, card: &str) -> Intention {
        Intention {
            sale: self.sale.clone(),
            number,
            shopper: [1; 16],
            payment_method: card.into(),
            email: "a@b".into(),
            amount: price(),
            when: When::Now,
        }
    }

    fn ticket(&self, number: TicketNumber) -> Ticket {
        Ticket {
            sale: self.sale.clone(),
            number,
            shopper: [1; 16],
            bound: false,
        }
    }

    /// A hold for this ticket, and a claim that rests on it.
    async fn held(&self, number: u64, unit: u32) -> Claim {
        let number = TicketNumber(number);
        let row = self
            .one
            .intend_payment(self.intention(number, "pm"), NOW)
            .await
            .unwrap();
        let moved = self.one.move_payment(
            row.payment.clone(),
            &[PaymentStatus::Processing],
            PaymentStatus::Authorized,
            Learned::default(),
            NOW,
        );
        assert!(moved.await.unwrap());
        Claim {
            order: format!("order-{number}"),
            sale: self.sale.clone(),
            epoch: 1,
            number,
            unit: UnitNo(unit),
            buyers: ["browser", "email", "card"]
                .map(|key| format!("{key}-{number}"))
                .into(),
            payment: row.payment,
        }
    }
}

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

/// Two groups that want the same rows in opposite order: the database ends one of them.
#[tokio::test(flavor = "multi_thread")]
async fn a_deadlock_between_edges_is_nobodys_error() {
    let two = Two::ledgers().await;
    let (a, b) = (two.held(0, 0).await.payment, two.held(1, 1).await.payment);
    let touch = |ledger: &Ledger, first: String, then: String| {
        let writer = ledger.writer.clone();
        async move {
            writer
                .run(move |db| {
                    Box::pin(async move {
                        for payment in [first, then] {
                            sqlx::query("UPDATE payments SET updated_at = updated_at + 1 WHERE payment = $1")
                                .bind(payment)
                                .execute(&mut *db)
                                .await?;
                            // Time for the other to take its first.
                            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
                        }
                        Ok(())
                    })
                })
                .await
        }
    };
    let done = tokio::join!(
        touch(&two.one, a.clone(), b.clone()),
        touch(&two.other, b, a.clone())
    );
    assert!(matches!(done, (Ok(()), Ok(()))), "{done:?}");
    let row = two.one.payment(&a).await.unwrap().unwrap();
    assert_eq!(
        row.updated_at,
        NOW + 2,
        "a run that was undone counts nothing"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_connection_commits_durably() {
    let two = Two::ledgers().await;
    let asked: &[(&'static str, &str)] = match database::postgres() {
        None => &[
            ("PRAGMA journal_mode", "wal"),
            ("PRAGMA synchronous", "2"),
            ("PRAGMA foreign_keys", "1"),
            ("PRAGMA busy_timeout", "5000"),
        ],
        Some(_) => &[
            ("SHOW synchronous_commit", "on"),
            ("SHOW fsync", "on"),
            ("SHOW statement_timeout", "8s"),
            ("SHOW transaction_isolation", "read committed"),
        ],
    };
    for &(question, answer) in asked {
        let value = |row: &sqlx::any::AnyRow| {
            row.try_get::<String, _>(0)
                .or_else(|_| row.try_get::<i64, _>(0).map(|n| n.to_string()))
                .unwrap()
        };
        let pooled = sqlx::query(question)
            .fetch_one(&two.one.pool)
            .await
            .unwrap();
        assert_eq!(value(&pooled), answer, "{question}, pooled");
        let written = two
            .one
            .writer
            .run(move |db| Box::pin(async move { Ok(sqlx::query(question).fetch_one(db).await?) }));
        assert_eq!(
            value(&written.await.unwrap()),
            answer,
            "{question}, the writer's"
        );
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
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_moved_away_takes_nothing_until_it_is_back() {
    let two = Two::ledgers().await;
    let Some(file) = two
        .database
        .url
        .strip_prefix("sqlite:")
        .map(std::path::Path::new)
    else {
        return;
    };
    let aside = file.with_extension("aside");
    std::fs::rename(file, &aside).unwrap();
    two.one.next_epoch(&two.sale, 1).await.unwrap_err();
    assert!(two.one.is_failing());
    std::fs::rename(&aside, file).unwrap();
    assert_eq!(two.one.next_epoch(&two.sale, 1).await.unwrap(), Some(2));
    assert!(!two.one.is_failing());
}

fn price() -> Money {
    Money {
        minor: 100,
        currency: Currency::parse("EUR").unwrap(),
    }
}

/// A sale with nothing special to it.
pub(crate) fn announced(sale: &SaleId) -> SaleRow {
    SaleRow {
        sale: sale.clone(),
        title: "A test".into(),
        description: String::new(),
        price: price(),
        units: 1000,
        lobby_at: 0,
        opens_at: 0,
        fold_in_ms: 0,
        rate: 1,
        limit_per_buyer: 1,
        paused: None,
        draw_secret: [1; 32],
        draw: None,
        beacon: None,
        policy: protocol::wire::HoldPolicy::OnEntry,
        seen: Seen::default(),
        epoch: 1,
        ended_at: None,
    }
}
