//! Which step may come next, and what it does.

use crate::guards::Guard;
use crate::state::{
    Answer, Buying, Driving, GivingUp, Kind, Ledger, Order, Payment, Process, Rebuilding, Redis,
    State, TICKETS, Ticket,
};
use crate::{edge, promises, shopper, worker};
use stateright::{Model, Property};

/// A sale to be checked.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Units of the sale.
    pub units: u8,
    /// Who holds each ticket; two tickets of one buyer are one person in two browsers.
    pub buyers: Vec<usize>,
    /// How many faults may happen, of any kind, at any moment.
    pub faults: u8,
    /// The bank takes the money in the very moment of the claim, so that the worker's steps multiply nothing:
    /// for a look at the inventory alone.
    pub paid_at_once: bool,
    /// The guard that is left out.
    pub without: Option<Guard>,
}

/// One thing that happens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// A shopper clicks Buy.
    Click(Ticket),
    /// Whatever is under way does its next step.
    Go(Process),
    /// A tick sees a lease that ran out.
    LeaseEnds(Ticket),
    /// A tick finds nothing in Redis.
    FindsNothing,
    /// A tick finds that Redis went back in time.
    FindsBehind,
    /// A tick finds that this life has ended in the ledger, or that it was condemned.
    FindsEnded,
    /// A tick finds a unit that has to go back.
    BringsBack(Order),
    /// A tick finds the sale decided, and owes the losers their money.
    ReleaseLosers,
    /// The worker leases a duty.
    TakeDuty(Kind, Ticket),
    /// A duty's lease runs out.
    DutyLeaseEnds(Kind, Ticket),

    /// The edge dies, or its answer is lost: a fault, as all that follow.
    Dies(Process),
    /// The shopper clicks again while the first click is under way.
    ClicksTwice(Ticket),
    /// A lease runs out under the eyes of whoever holds it.
    LeaseEndsEarly(Ticket),
    /// Another edge sees the same lease end.
    LeaseEndsTwice(Ticket),
    /// Another edge lays Redis anew as well.
    RebuildsTwice,
    /// A driver is so slow that its lease runs out.
    DutyLeaseEndsEarly(Kind, Ticket),
    /// The bank refuses to pay, for good.
    BankRefuses(Process),
    /// The bank does it and answers 500, now and whenever it is asked with this key.
    BankAnswers500(Process),
    /// The shopper gives the place back.
    Leaves(Ticket),
    /// The operator ends the sale.
    SaleEnds,
    /// Redis loses everything.
    RedisForgets,
    /// The replica stops following. Costs nothing: it is a fault only once it is promoted.
    ReplicaStops,
    /// The replica that stopped following becomes Redis.
    ReplicaPromoted,
}

impl Step {
    fn is_fault(&self) -> bool {
        matches!(
            self,
            Self::Dies(_)
                | Self::ClicksTwice(_)
                | Self::LeaseEndsEarly(_)
                | Self::LeaseEndsTwice(_)
                | Self::RebuildsTwice
                | Self::DutyLeaseEndsEarly(..)
                | Self::BankRefuses(_)
                | Self::BankAnswers500(_)
                | Self::Leaves(_)
                | Self::SaleEnds
                | Self::RedisForgets
                | Self::ReplicaPromoted
        )
    }
}

impl Machine {
    /// Is this guard in place?
    pub fn has(&self, guard: Guard) -> bool {
        self.without != Some(guard)
    }

    /// The tickets there are.
    pub fn tickets(&self) -> std::ops::Range<Ticket> {
        0..self.buyers.len()
    }

    /// What the machine does by itself, and shoppers who want a unit: no faults.
    pub fn goes_on(&self, state: &State) -> Vec<Step> {
        let mut steps: Vec<Step> = state.under_way.iter().cloned().map(Step::Go).collect();
        shopper::clicks(self, state, &mut steps);
        edge::ticks(self, state, &mut steps);
        worker::takes(self, state, &mut steps);
        steps.dedup();
        steps
    }

    fn faults(&self, state: &State) -> Vec<Step> {
        let mut steps = Vec::new();
        if state.faults == 0 {
            return steps;
        }
        steps.extend(state.under_way.iter().cloned().map(Step::Dies));
        shopper::faults(self, state, &mut steps);
        edge::faults(self, state, &mut steps);
        worker::faults(self, state, &mut steps);
        steps.dedup();
        steps
    }

    fn go(&self, state: &mut State, process: Process) {
        state.take(&process);
        match process {
            Process::Buy { ticket, epoch, at } => {
                let order = match at {
                    Buying::Reserve => return shopper::reserve(self, state, ticket, epoch),
                    Buying::Claim(held) => return shopper::claim(self, state, ticket, epoch, held),
                    Buying::Confirm(order) | Buying::Release(order) => order,
                };
                match at {
                    Buying::Release(_) => edge::release(self, state, epoch, order, false),
                    _ => shopper::confirm_and_tell(self, state, epoch, order),
                }
            }
            Process::GiveUp {
                ticket,
                order,
                epoch,
                at,
            } => match at {
                GivingUp::Abandon => edge::abandon(self, state, ticket, order, epoch),
                GivingUp::Release => edge::release(self, state, epoch, order, false),
                GivingUp::Confirm => edge::confirm(self, state, epoch, order),
            },
            Process::BringBack {
                order,
                epoch,
                released: false,
            } => edge::release_lost(self, state, order, epoch),
            Process::BringBack { order, epoch, .. } => {
                edge::finish_return(self, state, order, epoch);
            }
            Process::Rebuild { at } => match at {
                Rebuilding::Read(unfit) => edge::read(state, unfit),
                Rebuilding::Lay { epoch, claims } => edge::lay(self, state, epoch, &claims),
            },
            Process::Drive {
                payment,
                kind,
                again,
                at,
            } => match at {
                Driving::Call => worker::call(self, state, payment, kind, again, None),
                Driving::Settle(done) => worker::settle(self, state, payment, kind, done),
                Driving::Finish => {
                    let duty = state.ledger.duty(kind, payment);
                    (duty.done, duty.leased) = (true, false);
                }
            },
            Process::Leave { ticket } => shopper::void_ticket(self, state, ticket),
        }
    }
}

impl Model for Machine {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        let mut ledger = Ledger {
            epoch: 1,
            ..Ledger::default()
        };
        for ticket in self.tickets() {
            ledger.payments[ticket] = Payment::Authorized;
        }
        vec![State {
            redis: Some(Redis {
                epoch: 1,
                free: self.units,
                ..Redis::default()
            }),
            replica: None,
            ledger,
            bank: Default::default(),
            under_way: Vec::new(),
            told: [None; TICKETS],
            left: [false; TICKETS],
            candidates: [0; TICKETS],
            faults: self.faults,
            laid_anew: false,
            behind: false,
            condemned: 0,
            collided: false,
        }]
    }

    fn actions(&self, state: &State, steps: &mut Vec<Step>) {
        steps.extend(self.goes_on(state));
        steps.extend(self.faults(state));
    }

    fn next_state(&self, last: &State, step: Step) -> Option<State> {
        let mut state = last.clone();
        state.faults -= u8::from(step.is_fault());
        match step {
            Step::Go(process) => self.go(&mut state, process),
            Step::Click(ticket) | Step::ClicksTwice(ticket) => shopper::click(&mut state, ticket),
            Step::LeaseEnds(ticket)
            | Step::LeaseEndsEarly(ticket)
            | Step::LeaseEndsTwice(ticket) => edge::give_up(&mut state, ticket),
            Step::FindsNothing => edge::rebuild(&mut state, 0),
            Step::FindsBehind | Step::FindsEnded | Step::RebuildsTwice => {
                edge::rebuild(&mut state, epoch_seen(last));
            }
            Step::BringsBack(order) => edge::bring_back(&mut state, order),
            Step::ReleaseLosers => worker::void_losers(self, &mut state),
            Step::TakeDuty(kind, payment) => worker::lease(&mut state, kind, payment),
            Step::DutyLeaseEnds(kind, payment) | Step::DutyLeaseEndsEarly(kind, payment) => {
                state.ledger.duty(kind, payment).leased = false;
            }
            Step::Dies(process) => state.take(&process),
            Step::BankRefuses(process) => {
                worker::answer(self, &mut state, &process, Answer::Refused);
            }
            Step::BankAnswers500(process) => {
                worker::answer(self, &mut state, &process, Answer::Unknown);
            }
            Step::Leaves(ticket) => shopper::leave(&mut state, ticket),
            Step::SaleEnds => state.ledger.ended = true,
            Step::RedisForgets => {
                state.redis = None;
                state.laid_anew = true;
                state.behind = false;
            }
            // The replica of a Redis that went back in time is no better.
            Step::ReplicaStops => state.replica.clone_from(&state.redis),
            Step::ReplicaPromoted => {
                state.behind |= state.redis != state.replica;
                state.redis = state.replica.take();
                state.laid_anew = true;
            }
        }
        if state.faults == 0 {
            // Nobody can promote it any more: one state less to tell apart.
            state.replica = None;
        }
        (state != *last).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        promises::all()
    }
}

/// The epoch that an edge sees when it looks now.
pub(crate) fn epoch_seen(state: &State) -> u8 {
    state.redis.as_ref().map_or(0, |redis| redis.epoch)
}

/// Redis, if it is of the life that the caller saw.
pub(crate) fn of_epoch<'a>(
    machine: &Machine,
    state: &'a mut State,
    epoch: u8,
) -> Option<&'a mut Redis> {
    let compared = machine.has(Guard::EpochCompared);
    let redis = state.redis.as_mut()?;
    (redis.epoch == epoch || !compared).then_some(redis)
}

/// What of an order a process is about to do, if it is a click or the end of its lease.
pub(crate) fn works_on(process: &Process, order: Order) -> bool {
    match process {
        Process::Buy { at, .. } => match at {
            Buying::Reserve => false,
            Buying::Claim(held) => held.order == order,
            Buying::Confirm(own) | Buying::Release(own) => *own == order,
        },
        Process::GiveUp { order: own, .. } => *own == order,
        _ => false,
    }
}
