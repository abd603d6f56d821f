//! A shopper's acts: `stock/buy.rs` with `reserve.lua` and the claim, `room/standing.rs` with `leave.lua`.

use crate::edge;
use crate::guards::Guard;
use crate::machine::{Machine, Step, epoch_seen, of_epoch};
use crate::state::{Buying, Held, Order, Payment, Process, Row, State, Status, Ticket};

/// Clicks that would get somewhere. Whoever is told "sold out" clicks again when a unit is free again, and
/// whoever is told "rebuilding" when that is done. Who is told of another unit of the same buyer does not.
pub(crate) fn clicks(machine: &Machine, state: &State, steps: &mut Vec<Step>) {
    for ticket in machine.tickets() {
        let clicking = |p: &Process| matches!(p, Process::Buy { ticket: t, .. } if *t == ticket);
        let buyer = machine.buyers[ticket];
        let owns = |row: &Row| machine.buyers[row.order.0] == buyer;
        let owned = state.ledger.units.iter().any(owns);
        let is_calm = state.candidates[ticket] == 0 || !(owned || edge::is_unfit(state));
        if may_click(machine, state, ticket) && is_calm && !state.under_way.iter().any(clicking) {
            steps.push(Step::Click(ticket));
        }
    }
}

fn may_click(machine: &Machine, state: &State, ticket: Ticket) -> bool {
    let Some(redis) = &state.redis else {
        return false;
    };
    let held = redis.reservations[ticket]
        .or(redis.claims[ticket])
        .is_some();
    let served = machine.has(Guard::BuyerInRedis) && redis.buyers[machine.buyers[ticket]];
    let open = !state.ledger.ended && !state.left[ticket] && redis.free > 0 && !served;
    state.ledger.payments[ticket] == Payment::Authorized && (held || open)
}

/// What may go wrong on the shopper's side.
pub(crate) fn faults(machine: &Machine, state: &State, steps: &mut Vec<Step>) {
    for ticket in machine.tickets() {
        let clicks = |p: &&Process| matches!(p, Process::Buy { ticket: t, .. } if *t == ticket);
        if state.under_way.iter().filter(clicks).count() == 1 && may_click(machine, state, ticket) {
            steps.push(Step::ClicksTwice(ticket));
        }
        let holds = state.redis.as_ref().is_none_or(|redis| {
            redis.reservations[ticket]
                .or(redis.claims[ticket])
                .is_some()
        });
        let open = state.ledger.payments[ticket] == Payment::Authorized;
        if !holds && open && !state.left[ticket] {
            steps.push(Step::Leaves(ticket));
        }
    }
    if !state.ledger.ended {
        steps.push(Step::SaleEnds);
    }
}

/// `Engine::buy` up to the call of `reserve.lua`: the payment and the epoch are read.
pub(crate) fn click(state: &mut State, ticket: Ticket) {
    let epoch = epoch_seen(state);
    let at = Buying::Reserve;
    state.begin(Process::Buy { ticket, epoch, at });
}

/// `lua/reserve.lua`
pub(crate) fn reserve(machine: &Machine, state: &mut State, ticket: Ticket, epoch: u8) {
    let (ended, left) = (state.ledger.ended, state.left[ticket]);
    let candidate = Order(ticket, state.candidates[ticket]);
    let buyer = machine.buyers[ticket];
    let Some(redis) = of_epoch(machine, state, epoch) else {
        return;
    };
    let held = match redis.claims[ticket].or(redis.reservations[ticket]) {
        Some(held) => held,
        None if ended || left || redis.free == 0 => return,
        None if redis.buyers[buyer] && machine.has(Guard::BuyerInRedis) => return,
        None => {
            redis.free -= 1;
            let unit = match redis.returned.is_empty() {
                false => redis.returned.remove(0),
                true => {
                    redis.next_unit += 1;
                    redis.next_unit - 1
                }
            };
            let held = Held {
                order: candidate,
                unit,
            };
            redis.reservations[ticket] = Some(held);
            redis.buyers[buyer] = true;
            state.candidates[ticket] += 1;
            held
        }
    };
    let at = Buying::Claim(held);
    state.begin(Process::Buy { ticket, epoch, at });
}

/// `Ledger::claim`: one transaction.
pub(crate) fn claim(machine: &Machine, state: &mut State, ticket: Ticket, epoch: u8, held: Held) {
    let Held { order, unit } = held;
    let ledger = &mut state.ledger;
    let refused = Process::Buy {
        ticket,
        epoch,
        at: Buying::Release(order),
    };
    match ledger.order(order) {
        Some(Status::Abandoned) => return state.begin(refused),
        Some(_) => {}
        None => {
            let payment = ledger.payments[ticket];
            if payment != Payment::Authorized && machine.has(Guard::ClaimNeedsHold) {
                return state.begin(refused);
            }
            if ledger.epoch != epoch && machine.has(Guard::ClaimOfThisLife) {
                state.condemned = state.condemned.max(epoch);
                return;
            }
            let taken = ledger.units.iter().any(|row| row.unit == unit);
            if taken && machine.has(Guard::UniqueUnit) {
                state.collided = true;
                state.condemned = state.condemned.max(epoch);
                return;
            }
            let buyer = machine.buyers[ticket];
            let mut owners = ledger.units.iter().map(|row| machine.buyers[row.order.0]);
            if owners.any(|owner| owner == buyer) && machine.has(Guard::UniqueBuyer) {
                state.collided = true;
                return state.begin(refused);
            }
            ledger.payments[ticket] = Payment::Capturing;
            ledger.units.push(Row { unit, order });
            ledger.units.sort_unstable();
            ledger.set_order(order, Status::Claimed);
            if machine.paid_at_once {
                ledger.set_order(order, Status::Captured);
                ledger.payments[ticket] = Payment::Captured;
                state.bank[ticket].captures += 1;
            } else if machine.has(Guard::DutyWithClaim) {
                ledger.captures[ticket].owed = true;
            }
        }
    }
    let at = Buying::Confirm(order);
    state.begin(Process::Buy { ticket, epoch, at });
}

/// `lua/confirm.lua`, then the answer: whatever Redis says, the claim is durable.
pub(crate) fn confirm_and_tell(machine: &Machine, state: &mut State, epoch: u8, order: Order) {
    // Without its guard the duty is written apart from the claim: here, if nobody dies before.
    state.ledger.captures[order.0].owed = !machine.paid_at_once;
    edge::confirm(machine, state, epoch, order);
    if matches!(
        state.ledger.order(order),
        Some(Status::Claimed | Status::Captured)
    ) {
        state.told[order.0] = Some(order);
    }
}

/// `lua/leave.lua`
pub(crate) fn leave(state: &mut State, ticket: Ticket) {
    state.left[ticket] = true;
    state.begin(Process::Leave { ticket });
}

/// `Ledger::void_ticket`
pub(crate) fn void_ticket(machine: &Machine, state: &mut State, ticket: Ticket) {
    let payment = &mut state.ledger.payments[ticket];
    let open = match payment {
        Payment::Authorized => true,
        Payment::Capturing | Payment::Captured => !machine.has(Guard::VoidNeedsAuthorized),
        _ => false,
    };
    if open && machine.paid_at_once {
        *payment = Payment::Voided;
        state.bank[ticket].voided = true;
    } else if open {
        *payment = Payment::Voiding;
        state.ledger.voids[ticket].owed = true;
    }
}
