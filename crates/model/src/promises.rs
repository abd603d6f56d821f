//! What must be true in every state, and what in every state in which nothing moves any more.

use crate::machine::Machine;
use crate::state::{Order, Payment, State, Status};
use stateright::Property;

/// All promises. The last are no promises: they show that the model goes where it should.
pub fn all() -> Vec<Property<Machine>> {
    vec![
        Property::always("never more claims than units", no_oversell),
        Property::always("a unit has one owner", one_owner),
        Property::always("a buyer has one unit", one_unit_each),
        Property::always("no capture without a claim", captures_have_claims),
        Property::always("captured at most once", captured_once),
        Property::always("captured or voided, never both", captured_xor_voided),
        Property::always(
            "what somebody was told stands, unless the bank refuses",
            told_stands,
        ),
        Property::always(
            "while Redis keeps what it knows, the ledger refuses nobody a unit",
            no_collision,
        ),
        Property::always("in the end every claim is paid", all_paid),
        Property::always(
            "in the end, with demand left, every unit is sold",
            no_undersell,
        ),
        Property::always("in the end Redis counts what the ledger counts", conserved),
        Property::always("in the end no hold is open", no_open_hold),
        Property::sometimes("a sale sells out", sells_out),
        Property::sometimes("a loser's hold is released", releases),
    ]
}

fn sells_out(machine: &Machine, state: &State) -> bool {
    state.ledger.captured() == usize::from(machine.units)
}

fn releases(_: &Machine, state: &State) -> bool {
    state.bank.iter().any(|account| account.voided)
}

fn no_oversell(machine: &Machine, state: &State) -> bool {
    state.ledger.units.len() <= usize::from(machine.units)
}

fn one_owner(_: &Machine, state: &State) -> bool {
    let units = &state.ledger.units;
    units.windows(2).all(|pair| pair[0].unit != pair[1].unit)
}

fn one_unit_each(machine: &Machine, state: &State) -> bool {
    let rows = state.ledger.units.iter();
    let mut owners: Vec<_> = rows.map(|row| machine.buyers[row.order.0]).collect();
    owners.sort_unstable();
    owners.windows(2).all(|pair| pair[0] != pair[1])
}

fn captures_have_claims(machine: &Machine, state: &State) -> bool {
    let standing = |(order, status): &(Order, Status), payment| {
        order.0 == payment && matches!(status, Status::Claimed | Status::Captured)
    };
    let has_order = |payment| state.ledger.orders.iter().any(|row| standing(row, payment));
    machine
        .tickets()
        .all(|payment| state.bank[payment].captures == 0 || has_order(payment))
}

fn captured_once(_: &Machine, state: &State) -> bool {
    state.bank.iter().all(|account| account.captures <= 1)
}

fn captured_xor_voided(_: &Machine, state: &State) -> bool {
    let both = |account: &crate::state::Account| account.captures > 0 && account.voided;
    !state.bank.iter().any(both)
}

fn told_stands(_: &Machine, state: &State) -> bool {
    state
        .told
        .iter()
        .flatten()
        .all(|order| match state.ledger.order(*order) {
            Some(Status::Claimed | Status::Captured) => true,
            _ => state.bank[order.0].refused,
        })
}

fn no_collision(_: &Machine, state: &State) -> bool {
    state.laid_anew || !state.collided
}

/// Nothing moves: no step but faults is left.
fn is_quiet(machine: &Machine, state: &State) -> bool {
    state.under_way.is_empty() && machine.goes_on(state).is_empty()
}

fn all_paid(machine: &Machine, state: &State) -> bool {
    let paid = state.ledger.captured() == state.ledger.units.len();
    paid || !is_quiet(machine, state)
}

fn no_undersell(machine: &Machine, state: &State) -> bool {
    let sold = state.ledger.units.len() == usize::from(machine.units);
    let owns = |buyer| {
        let mut rows = state.ledger.units.iter();
        rows.any(|row| machine.buyers[row.order.0] == buyer)
    };
    let wants = |ticket: usize| {
        state.ledger.payments[ticket] == Payment::Authorized
            && !state.left[ticket]
            && !owns(machine.buyers[ticket])
    };
    let demand = machine.tickets().any(wants);
    state.ledger.ended || sold || !demand || !is_quiet(machine, state)
}

fn conserved(machine: &Machine, state: &State) -> bool {
    if !is_quiet(machine, state) {
        return true;
    }
    let Some(redis) = &state.redis else {
        return false;
    };
    let claimed = redis.claims.iter().flatten().count();
    let reserved = redis.reservations.iter().flatten().count();
    let sum = usize::from(redis.free) + reserved + claimed;
    reserved == 0 && claimed == state.ledger.units.len() && sum == usize::from(machine.units)
}

/// Once the sale is decided: while a unit may still come back, the next in line needs the hold.
fn no_open_hold(machine: &Machine, state: &State) -> bool {
    let decided = state.ledger.ended || state.ledger.captured() == usize::from(machine.units);
    if !decided || !is_quiet(machine, state) {
        return true;
    }
    machine.tickets().all(|payment| {
        let account = state.bank[payment];
        account.captures > 0 || account.voided
    })
}
