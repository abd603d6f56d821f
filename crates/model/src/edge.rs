//! What an edge does on its ticks: `room/tick.rs`, `stock/lease.rs`, `stock/rebuild.rs`, and the scripts
//! `confirm.lua`, `release.lua` and `rebuild.lua`.

use crate::guards::Guard;
use crate::machine::{Machine, Step, epoch_seen, of_epoch, works_on};
use crate::state::{GivingUp, Held, Order, Process, Rebuilding, Redis, Row, State, Status, Ticket};

/// What a tick may find.
pub(crate) fn ticks(machine: &Machine, state: &State, steps: &mut Vec<Step>) {
    let Some(redis) = &state.redis else {
        if !is_rebuilding(state) && machine.has(Guard::MissingNoticed) {
            steps.push(Step::FindsNothing);
        }
        return;
    };
    if !is_rebuilding(state) {
        if state.behind && machine.has(Guard::BehindNoticed) {
            steps.push(Step::FindsBehind);
        }
        if has_ended(state, redis) && machine.has(Guard::EndedNoticed) {
            steps.push(Step::FindsEnded);
        }
    }
    for order in state.ledger.returns.iter().copied() {
        let brings =
            |p: &Process| matches!(p, Process::BringBack { order: own, .. } if *own == order);
        if !state.under_way.iter().any(brings) {
            steps.push(Step::BringsBack(order));
        }
    }
    for ticket in machine.tickets() {
        let Some(held) = redis.reservations[ticket] else {
            continue;
        };
        if !state.under_way.iter().any(|p| works_on(p, held.order)) {
            steps.push(Step::LeaseEnds(ticket));
        }
    }
}

/// Is Redis being laid anew?
pub(crate) fn is_rebuilding(state: &State) -> bool {
    let rebuilds = |p: &Process| matches!(p, Process::Rebuild { .. });
    state.under_way.iter().any(rebuilds)
}

/// Does somebody know that the state is unfit? Then the page says "paused", and nobody clicks.
pub(crate) fn is_unfit(state: &State) -> bool {
    let redis = state.redis.as_ref();
    is_rebuilding(state) || redis.is_none_or(|redis| has_ended(state, redis))
}

/// The life of this state is over: in the ledger, or because it gave out what had an owner.
fn has_ended(state: &State, redis: &Redis) -> bool {
    redis.epoch < state.ledger.epoch || redis.epoch <= state.condemned
}

/// What may go wrong on an edge or in Redis.
pub(crate) fn faults(machine: &Machine, state: &State, steps: &mut Vec<Step>) {
    if state.replica.is_some() {
        steps.push(Step::ReplicaPromoted);
    }
    let lays = |p: &&Process| {
        matches!(
            p,
            Process::Rebuild {
                at: Rebuilding::Lay { .. }
            }
        )
    };
    if state.under_way.iter().filter(lays).count() == 1 {
        steps.push(Step::RebuildsTwice);
    }
    let Some(redis) = &state.redis else {
        return;
    };
    steps.push(Step::RedisForgets);
    if state.replica.is_none() {
        steps.push(Step::ReplicaStops);
    }
    for ticket in machine.tickets() {
        let Some(held) = redis.reservations[ticket] else {
            continue;
        };
        let of_it = |p: &&Process| works_on(p, held.order);
        let ending = |p: &Process| matches!(p, Process::GiveUp { .. }) && works_on(p, held.order);
        if state.under_way.iter().any(ending) {
            steps.push(Step::LeaseEndsTwice(ticket));
        } else if state.under_way.iter().filter(of_it).count() > 0 {
            steps.push(Step::LeaseEndsEarly(ticket));
        }
    }
}

/// The lease of a ticket's reservation ended, by `advance.lua`.
pub(crate) fn give_up(state: &mut State, ticket: Ticket) {
    let epoch = epoch_seen(state);
    let held = state.redis.as_ref().and_then(|r| r.reservations[ticket]);
    if let Some(Held { order, .. }) = held {
        let at = GivingUp::Abandon;
        state.begin(Process::GiveUp {
            ticket,
            order,
            epoch,
            at,
        });
    }
}

/// `Ledger::abandon`
pub(crate) fn abandon(
    machine: &Machine,
    state: &mut State,
    ticket: Ticket,
    order: Order,
    epoch: u8,
) {
    let known = state.ledger.order(order);
    if known.is_none() && machine.has(Guard::Tombstone) {
        state.ledger.set_order(order, Status::Abandoned);
    }
    let at = match known {
        None | Some(Status::Abandoned | Status::Failed) => GivingUp::Release,
        Some(_) => GivingUp::Confirm,
    };
    state.begin(Process::GiveUp {
        ticket,
        order,
        epoch,
        at,
    });
}

/// `lua/confirm.lua`
pub(crate) fn confirm(machine: &Machine, state: &mut State, epoch: u8, order: Order) {
    let Some(redis) = of_epoch(machine, state, epoch) else {
        return;
    };
    let reserved = redis.reservations[order.0].filter(|held| held.order == order);
    if let Some(held) = reserved {
        redis.reservations[order.0] = None;
        redis.claims[order.0] = Some(held);
    }
}

/// `lua/release.lua`, on the reservations or on the claims.
pub(crate) fn release(
    machine: &Machine,
    state: &mut State,
    epoch: u8,
    order: Order,
    claimed: bool,
) {
    let compared = machine.has(Guard::OrderComparedAtRelease);
    let Some(redis) = of_epoch(machine, state, epoch) else {
        return;
    };
    let held = match claimed {
        true => &mut redis.claims[order.0],
        false => &mut redis.reservations[order.0],
    };
    let Some(found) = held.filter(|held| held.order == order || !compared) else {
        return;
    };
    *held = None;
    redis.returned.push(found.unit);
    redis.free += 1;
    redis.buyers[machine.buyers[order.0]] = false;
}

/// `stock::rebuild` begins.
pub(crate) fn rebuild(state: &mut State, unfit: u8) {
    let at = Rebuilding::Read(unfit);
    state.begin(Process::Rebuild { at });
}

/// `stock::rebuild`, first half: a new epoch, and the claims as they stand; unless another was quicker.
pub(crate) fn read(state: &mut State, unfit: u8) {
    let current = state.ledger.epoch;
    if current > unfit && epoch_seen(state) >= current {
        return;
    }
    state.ledger.epoch += 1;
    let at = Rebuilding::Lay {
        epoch: state.ledger.epoch,
        claims: state.ledger.units.clone(),
    };
    state.begin(Process::Rebuild { at });
}

/// `lua/rebuild.lua`
pub(crate) fn lay(machine: &Machine, state: &mut State, epoch: u8, claims: &[Row]) {
    let newer = state.redis.as_ref().is_some_and(|r| r.epoch >= epoch);
    if newer && machine.has(Guard::NewestLifeStays) {
        return;
    }
    let highest = claims.iter().map(|row| row.unit + 1).max().unwrap_or(0);
    let mut redis = Redis {
        epoch,
        free: machine.units.saturating_sub(claims.len() as u8),
        next_unit: highest,
        ..Redis::default()
    };
    let owned = |unit: &u8| claims.iter().any(|row| row.unit == *unit);
    redis.returned = (0..highest).filter(|unit| !owned(unit)).collect();
    for Row { unit, order } in claims.iter().copied() {
        redis.claims[order.0] = Some(Held { order, unit });
        redis.buyers[machine.buyers[order.0]] = true;
    }
    state.redis = Some(redis);
    state.laid_anew = true;
    state.behind = false;
}

/// `stock::bring_back` begins.
pub(crate) fn bring_back(state: &mut State, order: Order) {
    let epoch = epoch_seen(state);
    state.begin(Process::BringBack {
        order,
        epoch,
        released: false,
    });
}

/// `release.lua` on the reservations, and if it was not there, on the claims.
pub(crate) fn release_lost(machine: &Machine, state: &mut State, order: Order, epoch: u8) {
    if of_epoch(machine, state, epoch).is_none() {
        return;
    }
    let reserved = |state: &State| {
        let held = state.redis.as_ref().and_then(|r| r.reservations[order.0]);
        held.is_some_and(|held| held.order == order)
    };
    let claimed = !reserved(state);
    release(machine, state, epoch, order, claimed);
    state.begin(Process::BringBack {
        order,
        epoch,
        released: true,
    });
}

/// `Ledger::finish_return`
pub(crate) fn finish_return(machine: &Machine, state: &mut State, order: Order, epoch: u8) {
    if state.ledger.epoch == epoch || !machine.has(Guard::ReturnOfThisLife) {
        state.ledger.returns.retain(|owed| *owed != order);
    }
}
