//! The payment worker: `pay/worker.rs`, `pay/release.rs`, `ledger/outbox.rs`, and the bank it asks.

use crate::edge;
use crate::guards::Guard;
use crate::machine::{Machine, Step};
use crate::state::{Answer, Driving, Kind, Payment, Process, State, Status, Ticket};

const KINDS: [Kind; 2] = [Kind::Capture, Kind::Void];
/// A duty tried more often than faults can explain goes round in a circle.
const MOST_TRIES: u8 = 6;

/// What the worker, or a tick in its stead, may do.
pub(crate) fn takes(machine: &Machine, state: &State, steps: &mut Vec<Step>) {
    let mut ledger = state.ledger.clone();
    let all_paid = ledger.captured() == usize::from(machine.units);
    let decided = ledger.ended || all_paid;
    if decided && machine.tickets().any(|t| may_be_voided(machine, state, t)) {
        steps.push(Step::ReleaseLosers);
    }
    for kind in KINDS {
        for payment in machine.tickets() {
            let duty = *ledger.duty(kind, payment);
            if !duty.owed || duty.done {
                continue;
            }
            if !duty.leased && duty.tries < MOST_TRIES {
                steps.push(Step::TakeDuty(kind, payment));
            }
            if duty.leased && !is_driven(state, kind, payment) && machine.has(Guard::LeaseEnds) {
                steps.push(Step::DutyLeaseEnds(kind, payment));
            }
        }
    }
}

/// What may go wrong between the worker and the bank.
pub(crate) fn faults(machine: &Machine, state: &State, steps: &mut Vec<Step>) {
    let mut ledger = state.ledger.clone();
    for process in &state.under_way {
        let Process::Drive {
            payment, kind, at, ..
        } = process
        else {
            continue;
        };
        if ledger.duty(*kind, *payment).leased && machine.has(Guard::LeaseEnds) {
            steps.push(Step::DutyLeaseEndsEarly(*kind, *payment));
        }
        if *at == Driving::Call {
            steps.push(Step::BankAnswers500(process.clone()));
            if *kind == Kind::Capture {
                steps.push(Step::BankRefuses(process.clone()));
            }
        }
    }
}

fn is_driven(state: &State, kind: Kind, payment: Ticket) -> bool {
    let drives = |p: &Process| matches!(p, Process::Drive { payment: own, kind: what, .. } if *own == payment && *what == kind);
    state.under_way.iter().any(drives)
}

fn may_be_voided(machine: &Machine, state: &State, payment: Ticket) -> bool {
    match state.ledger.payments[payment] {
        Payment::Authorized => true,
        Payment::Capturing | Payment::Captured => !machine.has(Guard::VoidNeedsAuthorized),
        _ => false,
    }
}

/// `Ledger::void_losers`
pub(crate) fn void_losers(machine: &Machine, state: &mut State) {
    for payment in machine.tickets() {
        if may_be_voided(machine, state, payment) {
            if machine.paid_at_once {
                state.ledger.payments[payment] = Payment::Voided;
                state.bank[payment].voided = true;
                continue;
            }
            state.ledger.payments[payment] = Payment::Voiding;
            state.ledger.voids[payment].owed = true;
        }
    }
}

/// `Ledger::lease_duties`
pub(crate) fn lease(state: &mut State, kind: Kind, payment: Ticket) {
    let duty = state.ledger.duty(kind, payment);
    let again = duty.tries > 0;
    duty.leased = true;
    duty.tries += 1;
    state.begin(Process::Drive {
        payment,
        kind,
        again,
        at: Driving::Call,
    });
}

/// `worker::change`: asks the bank, looking first when it was asked before. A bank in a good mood does what
/// it is told; `mood` is what it does otherwise.
pub(crate) fn call(
    machine: &Machine,
    state: &mut State,
    payment: Ticket,
    kind: Kind,
    again: bool,
    mood: Option<Answer>,
) {
    let account = state.bank[payment];
    let drives = |at| Process::Drive {
        payment,
        kind,
        again,
        at,
    };
    if again && machine.has(Guard::AskFirst) && (account.captures > 0 || account.voided) {
        let done = match kind {
            Kind::Capture => account.captures > 0,
            Kind::Void => account.voided,
        };
        return state.begin(drives(Driving::Settle(done)));
    }
    match ask(machine, state, kind, payment, mood) {
        Answer::Done => state.begin(drives(Driving::Settle(true))),
        Answer::Refused => state.begin(drives(Driving::Settle(false))),
        // `Ledger::postpone_duty`
        Answer::Unknown => state.ledger.duty(kind, payment).leased = false,
    }
}

/// What the bank does, and says.
fn ask(
    machine: &Machine,
    state: &mut State,
    kind: Kind,
    payment: Ticket,
    mood: Option<Answer>,
) -> Answer {
    let account = &mut state.bank[payment];
    let kept = match kind {
        Kind::Capture => account.capture_key,
        Kind::Void => account.void_key,
    };
    if let Some(kept) = kept.filter(|_| machine.has(Guard::OneKey)) {
        return kept;
    }
    let answer = mood.unwrap_or(Answer::Done);
    match kind {
        Kind::Capture if answer == Answer::Refused => account.refused = true,
        Kind::Capture => account.captures += 1,
        Kind::Void => account.voided = true,
    }
    match kind {
        Kind::Capture => account.capture_key = Some(answer),
        Kind::Void => account.void_key = Some(answer),
    }
    answer
}

/// A driver's call meets a bank in another mood.
pub(crate) fn answer(machine: &Machine, state: &mut State, process: &Process, mood: Answer) {
    state.take(process);
    if let Process::Drive {
        payment,
        kind,
        again,
        ..
    } = process
    {
        call(machine, state, *payment, *kind, *again, Some(mood));
    }
}

/// `Ledger::settle`, or `Ledger::move_payment` after a void.
pub(crate) fn settle(
    machine: &Machine,
    state: &mut State,
    payment: Ticket,
    kind: Kind,
    done: bool,
) {
    let ledger = &mut state.ledger;
    let mut lost = None;
    match kind {
        Kind::Void if done => {
            if ledger.payments[payment] == Payment::Voiding {
                ledger.payments[payment] = Payment::Voided;
            }
        }
        // "not released": tried again later.
        Kind::Void => {
            ledger.duty(kind, payment).leased = false;
            return;
        }
        Kind::Capture => {
            let Some(order) = ledger.claimed_with(payment) else {
                return finish(state, payment, kind);
            };
            let capturing = ledger.payments[payment] == Payment::Capturing;
            if done {
                ledger.set_order(order, Status::Captured);
                if capturing {
                    ledger.payments[payment] = Payment::Captured;
                }
            } else {
                ledger.set_order(order, Status::Failed);
                ledger.units.retain(|row| row.order != order);
                if capturing {
                    ledger.payments[payment] = Payment::Voiding;
                }
                ledger.voids[payment].owed = true;
                if machine.has(Guard::ReturnOwed) {
                    ledger.returns.push(order);
                }
                lost = Some(order);
            }
        }
    }
    if let Some(order) = lost {
        edge::bring_back(state, order);
    }
    finish(state, payment, kind);
}

fn finish(state: &mut State, payment: Ticket, kind: Kind) {
    state.begin(Process::Drive {
        payment,
        kind,
        again: false,
        at: Driving::Finish,
    });
}
