//! Every state within bounds, walked; and once more without each guard.

use model::check::check;
use model::guards::Guard;
use model::sales;

#[test]
fn no_bad_state_can_be_reached() {
    for machine in [sales::duel(2), sales::enough(), sales::two_browsers()] {
        let found = check(machine.clone());
        eprintln!("{} states of {machine:?}", found.states);
        assert_eq!(found.broken, None, "{machine:?}");
        assert_eq!(found.unreached, Vec::<&str>::new(), "{machine:?}");
    }
}

/// A promise that could not break would promise nothing; a guard that nothing needs is said to be one.
#[test]
fn without_a_guard_a_promise_breaks() {
    for guard in Guard::ALL {
        let found = sales::without(guard).and_then(|(_, found)| found.broken);
        assert_eq!(
            found.is_none(),
            guard.is_redundant(),
            "{guard:?}: {found:?}"
        );
    }
}

macro_rules! breaks {
    ($($name:ident: $guard:ident => $promise:literal,)*) => {
        $(#[test]
        fn $name() {
            let (_, found) = sales::without(Guard::$guard).expect("a promise breaks");
            assert_eq!(found.broken.map(|(promise, _)| promise), Some($promise));
        })*
    };
}

breaks! {
    two_owners_without_the_unique_unit: UniqueUnit => "never more claims than units",
    two_units_without_the_unique_buyer: UniqueBuyer => "a buyer has one unit",
    money_taken_and_released_when_a_claim_needs_no_hold: ClaimNeedsHold => "captured or voided, never both",
    money_taken_and_released_when_a_void_needs_nothing: VoidNeedsAuthorized => "captured or voided, never both",
    a_sold_unit_is_offered_without_the_tombstone: Tombstone => "while Redis keeps what it knows, the ledger refuses nobody a unit",
    a_stale_releaser_frees_a_sold_unit: OrderComparedAtRelease => "while Redis keeps what it knows, the ledger refuses nobody a unit",
    a_claim_is_never_paid_when_its_duty_is_written_apart: DutyWithClaim => "in the end every claim is paid",
    a_claim_is_never_paid_when_a_dead_worker_keeps_its_duty: LeaseEnds => "in the end every claim is paid",
    money_is_taken_twice_without_one_key: OneKey => "captured at most once",
    a_cached_500_is_asked_for_ever: AskFirst => "in the end every claim is paid",
    a_sale_stands_still_when_nobody_notices_that_redis_is_empty: MissingNoticed => "in the end, with demand left, every unit is sold",
    a_unit_is_lost_when_nobody_compares_the_counts: DriftNoticed => "in the end, with demand left, every unit is sold",
}
