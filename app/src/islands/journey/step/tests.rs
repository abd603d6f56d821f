//! The decisions, one by one.

use super::*;
use protocol::snapshot::{Draw, Stock};
use protocol::{Currency, Money, Rank, SaleId, TicketNumber, UnitNo, place::Odds};

fn snapshot(phase: Phase) -> Snapshot {
    Snapshot {
        sale: SaleId::parse("s").unwrap(),
        phase,
        epoch: 1,
        seq: 1,
        at: 0,
        opens_at: 0,
        tail: 10,
        frontier: 0,
        rate: 500,
        stock: Stock::default(),
        draw: Draw::default(),
        decided: false,
        poll_after_ms: 1000,
        message: None,
        notice: None,
    }
}

fn standing() -> Standing {
    Standing {
        number: TicketNumber(3),
        left: false,
        authorization: None,
        order: None,
        snapshot: snapshot(Phase::Open),
    }
}

fn hold(status: AuthorizationStatus) -> Authorization {
    Authorization {
        status,
        amount: Money {
            minor: 1,
            currency: Currency::parse("EUR").unwrap(),
        },
        action_url: None,
        decline_code: None,
        brand: None,
        last4: None,
        updated_at: 0,
    }
}

fn order(status: OrderStatus) -> Order {
    Order {
        order: "o".to_owned(),
        sale: SaleId::parse("s").unwrap(),
        unit: UnitNo(0),
        status,
        amount: hold(AuthorizationStatus::Captured).amount,
        email: String::new(),
        brand: None,
        last4: None,
        claimed_at: 0,
        captured_at: None,
        another_card_until: None,
    }
}

const WAITING: Option<Place> = Some(Place::Waiting {
    rank: Rank(9),
    ahead: 9,
    eta_s: (1, 2),
    odds: Odds::Fair,
});
const CALLED: Option<Place> = Some(Place::Called { rank: Rank(9) });

#[test]
fn without_a_ticket_the_phase_decides() {
    for (phase, step) in [
        (Phase::Scheduled, Step::Announced),
        (Phase::Lobby, Step::Invited),
        (Phase::Open, Step::Invited),
        (Phase::Paused, Step::Invited),
        (Phase::SoldOut, Step::SoldOut),
        (Phase::Closed, Step::Over),
    ] {
        assert_eq!(Step::of(&snapshot(phase), None, None, Busy::No), step);
    }
}

#[test]
fn with_a_ticket_the_place_decides() {
    let mine = standing();
    for (place, step) in [
        (None, Step::Lobby),
        (Some(Place::Lobby), Step::Lobby),
        (WAITING, Step::Line),
        (CALLED, Step::Called),
    ] {
        for phase in [Phase::Lobby, Phase::Open, Phase::Paused] {
            assert_eq!(
                Step::of(&snapshot(phase), Some(&mine), place, Busy::No),
                step
            );
        }
    }
}

#[test]
fn an_order_outlives_the_sale() {
    let mine = Standing {
        order: Some(order(OrderStatus::Claimed)),
        ..standing()
    };
    for phase in [Phase::Open, Phase::SoldOut, Phase::Closed] {
        assert_eq!(
            Step::of(&snapshot(phase), Some(&mine), CALLED, Busy::No),
            Step::Ordered
        );
    }
}

#[test]
fn after_a_refused_capture_another_card_may_be_tried_for_a_while() {
    use AuthorizationStatus as Status;
    let mut mine = Standing {
        order: Some(Order {
            another_card_until: Some(60_000),
            ..order(OrderStatus::Failed)
        }),
        authorization: Some(hold(Status::Voided)),
        ..standing()
    };
    let mut now = snapshot(Phase::Open);
    now.at = 59_999;
    let step = |now: &Snapshot, mine: &Standing| Step::of(now, Some(mine), CALLED, Busy::No);
    assert_eq!(step(&now, &mine), Step::Called);
    let asked = Card::of(mine.authorization.as_ref(), Step::Called);
    assert!(asked.asks());
    assert_eq!(step(&snapshot(Phase::SoldOut), &mine), Step::Ordered);
    now.at = 60_000;
    assert_eq!(step(&now, &mine), Step::Ordered);
    mine.authorization = Some(hold(Status::Authorized));
    assert_eq!(step(&now, &mine), Step::Called);
}

#[test]
fn a_click_on_buy_waits_for_its_answer_even_when_the_sale_sells_out_meanwhile() {
    let mine = standing();
    let now = snapshot(Phase::SoldOut);
    assert_eq!(
        Step::of(&now, Some(&mine), CALLED, Busy::Buying),
        Step::Called
    );
    assert_eq!(
        Step::of(&now, Some(&mine), CALLED, Busy::No),
        Step::Waitlist
    );
}

#[test]
fn sold_out_is_a_waitlist_for_those_in_line_until_every_unit_is_paid() {
    let mine = standing();
    let left = Standing {
        left: true,
        ..standing()
    };
    let mut now = snapshot(Phase::SoldOut);
    for place in [WAITING, CALLED] {
        assert_eq!(Step::of(&now, Some(&mine), place, Busy::No), Step::Waitlist);
        assert_eq!(Step::of(&now, Some(&left), place, Busy::No), Step::SoldOut);
    }
    assert_eq!(Step::of(&now, None, None, Busy::No), Step::SoldOut);
    now.decided = true;
    assert_eq!(
        Step::of(&now, Some(&mine), WAITING, Busy::No),
        Step::SoldOut
    );
}

#[test]
fn on_the_waitlist_a_hold_stays() {
    let hold = hold(AuthorizationStatus::Authorized);
    assert_eq!(Card::of(Some(&hold), Step::Waitlist), Card::Held);
}

#[test]
fn who_left_is_told_and_may_join_again() {
    let mine = Standing {
        left: true,
        ..standing()
    };
    let now = snapshot(Phase::Open);
    assert_eq!(Step::of(&now, Some(&mine), WAITING, Busy::No), Step::Left);
    assert_eq!(
        Step::of(&now, Some(&mine), WAITING, Busy::Joining),
        Step::Joining
    );
}

#[test]
fn at_an_end_a_hold_is_on_its_way_back() {
    use AuthorizationStatus as Status;
    for status in [
        Status::Processing,
        Status::RequiresAction,
        Status::Authorized,
        Status::Voiding,
    ] {
        let hold = hold(status);
        for step in [Step::SoldOut, Step::Over, Step::Left] {
            assert_eq!(
                Card::of(Some(&hold), step),
                Card::Releasing,
                "{status:?} {step:?}"
            );
        }
    }
    assert_eq!(
        Card::of(Some(&hold(Status::Voided)), Step::SoldOut),
        Card::Released
    );
    for never_held in [Status::Saved, Status::Unheld] {
        assert_eq!(
            Card::of(Some(&hold(never_held)), Step::SoldOut),
            Card::Unheld
        );
    }
    assert_eq!(
        Card::of(Some(&hold(Status::Unheld)), Step::Line),
        Card::Wanted
    );
    assert_eq!(
        Card::of(Some(&hold(Status::Declined)), Step::SoldOut),
        Card::Declined
    );
}

#[test]
fn only_what_changes_by_itself_is_asked_for_again() {
    use AuthorizationStatus as Status;
    let with = |status| Standing {
        authorization: Some(hold(status)),
        ..standing()
    };
    assert!(!is_pending(Step::Line, None));
    assert!(!is_pending(Step::Line, Some(&standing())));
    assert!(!is_pending(Step::Line, Some(&with(Status::Authorized))));
    assert!(is_pending(Step::Line, Some(&with(Status::Processing))));
    assert!(is_pending(Step::SoldOut, Some(&with(Status::Authorized))));
    assert!(!is_pending(Step::SoldOut, Some(&with(Status::Voided))));
    let ordered = |status| Standing {
        order: Some(order(status)),
        ..with(Status::Authorized)
    };
    assert!(is_pending(
        Step::Ordered,
        Some(&ordered(OrderStatus::Capturing))
    ));
    assert!(!is_pending(
        Step::Ordered,
        Some(&ordered(OrderStatus::Captured))
    ));
}
