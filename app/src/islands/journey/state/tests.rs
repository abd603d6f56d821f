//! What the state tells, as snapshots and answers come.

use super::*;
use protocol::snapshot::{Draw, Stock};
use protocol::{Currency, Money, SaleId, TicketNumber, digest::to_hex};

fn snapshot(seq: u64, frontier: u64) -> Snapshot {
    Snapshot {
        sale: SaleId::parse("s").unwrap(),
        phase: Phase::Open,
        epoch: 1,
        seq,
        at: 1_000_000 + seq,
        opens_at: 0,
        tail: 1000,
        frontier,
        rate: 100,
        stock: Stock {
            total: 10,
            free: 10,
            ..Stock::default()
        },
        draw: Draw {
            size: Some(1000),
            seed: Some(to_hex(&[7; 32])),
            ..Draw::default()
        },
        decided: false,
        poll_after_ms: 1000,
        message: None,
        notice: None,
    }
}

fn standing(number: u64, snapshot: Snapshot) -> Standing {
    Standing {
        number: TicketNumber(number),
        left: false,
        authorization: None,
        order: None,
        snapshot,
    }
}

fn state(standing: Option<Standing>) -> State {
    State::new(Start {
        info: SaleInfo {
            sale: SaleId::parse("s").unwrap(),
            title: String::new(),
            description: String::new(),
            price: Money {
                minor: 1,
                currency: Currency::parse("EUR").unwrap(),
            },
            units: 10,
            limit_per_buyer: 1,
            opens_at: 0,
            phase: Phase::Open,
        },
        snapshot: snapshot(1, 0),
        standing,
        element: CardElement::default(),
        lang: Lang::En,
    })
}

fn ahead(state: &State) -> Option<u64> {
    match state.place {
        Some(Place::Waiting { ahead, .. }) => Some(ahead),
        _ => None,
    }
}

#[test]
fn a_newer_standing_decides_what_is_rendered() {
    let state = state(Some(standing(0, snapshot(5, 1000))));
    assert_eq!((state.snapshot.seq, state.step()), (5, Step::Called));
}

#[test]
fn another_ticket_gets_its_own_place() {
    let mut state = state(Some(standing(0, snapshot(1, 0))));
    let places: Vec<_> = (0..5)
        .map(|number| {
            state.settle(Some(standing(number, snapshot(1, 0))), 0.0);
            ahead(&state).unwrap()
        })
        .collect();
    let ranks: Vec<_> = (0..5)
        .map(|n| snapshot(1, 0).rank_of(TicketNumber(n)).unwrap().0)
        .collect();
    assert_eq!(places, ranks);
}

#[test]
fn old_snapshots_change_nothing() {
    let mut state = state(Some(standing(0, snapshot(9, 400))));
    let before = state.place;
    state.observe(snapshot(3, 0), 0.0);
    assert_eq!((state.snapshot.seq, state.place), (9, before));
}

#[test]
fn a_pause_is_said_once_and_so_is_its_end() {
    let mut state = state(Some(standing(0, snapshot(1, 0))));
    let text = state.text();
    let mut said = |seq, phase| {
        state.announcement.clear();
        let now = Snapshot {
            phase,
            ..snapshot(seq, 0)
        };
        state.observe(now, 0.0);
        state.announcement.clone()
    };
    assert!(said(2, Phase::Paused).starts_with(text.paused_title));
    assert_eq!(said(3, Phase::Paused), "");
    assert_eq!(said(4, Phase::Open), text.resumed);
    assert_eq!(said(5, Phase::Open), "");
}

#[test]
fn who_was_on_the_waitlist_is_told_that_a_unit_came_back() {
    let mut state = state(Some(standing(0, snapshot(1, 0))));
    let text = state.text();
    let sold_out = Snapshot {
        phase: Phase::SoldOut,
        ..snapshot(2, 0)
    };
    assert_eq!(state.step_title(), text.line_title);
    state.observe(sold_out, 0.0);
    assert_eq!(state.step_title(), text.waitlist_title);
    assert!(!state.asks_for_card());
    state.observe(snapshot(3, 0), 0.0);
    assert_eq!(state.step_title(), text.line_back_title);
    state.observe(snapshot(4, 1000), 0.0);
    assert_eq!(state.step_title(), text.called_back_title);
    state.settle(Some(standing(1, snapshot(4, 1000))), 0.0);
    assert_eq!(state.step_title(), text.called_title);
}

#[test]
fn a_pass_is_wanted_when_called_and_again_when_it_ran_out() {
    let mut state = state(Some(standing(0, snapshot(2, 1000))));
    assert!(state.wants_pass());
    state.pass = Some(PassAnswer {
        pass: String::new(),
        expires_at: (state.now_s + 10) * 1000,
    });
    assert!(!state.wants_pass());
    state.now_s += 10;
    assert!(state.wants_pass());
    state.snapshot.phase = Phase::Paused;
    assert!(!state.wants_pass());
    state.snapshot.phase = Phase::Open;
    state.mark_left();
    assert!(!state.wants_pass());
}
