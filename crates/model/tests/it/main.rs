//! Every state within bounds, walked; and once more without each guard.

use model::guards::Guard;
use model::sales;

/// Every guard that is not said to be redundant breaks a promise when it is left out, and the other way
/// round; with all of them nothing breaks. The page shows what was found.
#[test]
fn no_bad_state_can_be_reached_and_the_page_says_what_each_guard_is_for() {
    let (tables, good) = model::report::tables(false);
    eprintln!("{tables}");
    assert!(good, "{tables}");
    let page = include_str!("../../../../docs/RELIABILITY.md");
    let (_, shown) = page.split_once("<!-- model: begin -->\n").unwrap();
    let (shown, _) = shown.split_once("<!-- model: end -->").unwrap();
    assert_eq!(
        shown, tables,
        "put what `cargo run -p model` prints into docs/RELIABILITY.md"
    );
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
    a_half_done_rebuild_stays_half_done: EndedNoticed => "in the end Redis counts what the ledger counts",
    a_stale_replica_counts_wrong_for_ever: BehindNoticed => "in the end Redis counts what the ledger counts",
    redis_never_hears_of_a_claim_of_an_ended_life: ClaimOfThisLife => "in the end Redis counts what the ledger counts",
    a_unit_is_lost_when_its_return_is_not_owed: ReturnOwed => "in the end, with demand left, every unit is sold",
    a_unit_is_lost_when_it_is_returned_to_an_ended_life: ReturnOfThisLife => "in the end, with demand left, every unit is sold",
}
