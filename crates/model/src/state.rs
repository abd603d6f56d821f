//! One moment of the machine: what Redis, the ledger and the bank hold, and what is under way.

/// How many tickets there may be.
pub const TICKETS: usize = 3;

/// A ticket, from 0. Its payment has the same number: each has one hold.
pub type Ticket = usize;
/// A unit, from 0.
pub type Unit = u8;

/// An order's id: the ticket it was made up for, and the how manieth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Order(pub Ticket, pub u8);

/// What a reservation or a claim says in Redis: `order|unit|buyers`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Held {
    /// The order it is, or would become.
    pub order: Order,
    /// The unit set aside.
    pub unit: Unit,
}

/// The sale's keys in Redis (`lua/reserve.lua` and the others).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Redis {
    /// `meta.epoch`
    pub epoch: u8,
    /// `stock`
    pub free: u8,
    /// `meta.next_unit`
    pub next_unit: Unit,
    /// `returned`
    pub returned: Vec<Unit>,
    /// `held`, with a lease
    pub reservations: [Option<Held>; TICKETS],
    /// `held`, without a lease
    pub claims: [Option<Held>; TICKETS],
    /// `buyers`: who has a unit or a reservation, by buyer.
    pub buyers: [bool; TICKETS],
}

/// How far a payment is (`ledger/payments.rs`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Payment {
    /// The ticket has no part in this.
    #[default]
    None,
    /// The price is held.
    Authorized,
    /// There is an order.
    Capturing,
    /// Taken.
    Captured,
    /// There will be no order.
    Voiding,
    /// Released.
    Voided,
}

/// How far an order is (`ledger/orders.rs`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// It has a unit.
    Claimed,
    /// It is paid.
    Captured,
    /// Its capture was refused for good.
    Failed,
    /// Its reservation was given back before it was claimed.
    Abandoned,
}

/// A row of `units`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Row {
    /// The unit.
    pub unit: Unit,
    /// The order that it belongs to.
    pub order: Order,
}

/// What has to be done with a payment (`ledger/outbox.rs`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Take the money.
    Capture,
    /// Release it.
    Void,
}

/// A row of `outbox`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Duty {
    /// It was written.
    pub owed: bool,
    /// It is done.
    pub done: bool,
    /// A driver holds it.
    pub leased: bool,
    /// How often it was taken.
    pub tries: u8,
}

/// The ledger's tables.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ledger {
    /// `sales.epoch`
    pub epoch: u8,
    /// `sales.ended_at` is set.
    pub ended: bool,
    /// `units`, sorted.
    pub units: Vec<Row>,
    /// `orders`, sorted by id.
    pub orders: Vec<(Order, Status)>,
    /// `payments`
    pub payments: [Payment; TICKETS],
    /// `outbox`, captures.
    pub captures: [Duty; TICKETS],
    /// `outbox`, voids.
    pub voids: [Duty; TICKETS],
    /// `returns` that are not done.
    pub returns: Vec<Order>,
}

impl Ledger {
    /// Where an order stands.
    pub fn order(&self, order: Order) -> Option<Status> {
        let found = self.orders.iter().find(|(id, _)| *id == order);
        found.map(|(_, status)| *status)
    }

    /// The order that stands behind a payment and is not paid yet.
    pub fn claimed_with(&self, payment: Ticket) -> Option<Order> {
        let claimed =
            |(order, status): &&(Order, Status)| order.0 == payment && *status == Status::Claimed;
        self.orders.iter().find(claimed).map(|(order, _)| *order)
    }

    /// Writes where an order stands.
    pub fn set_order(&mut self, order: Order, status: Status) {
        match self.orders.iter_mut().find(|(id, _)| *id == order) {
            Some((_, known)) => *known = status,
            None => self.orders.push((order, status)),
        }
        self.orders.sort_unstable_by_key(|(order, _)| *order);
    }

    /// The duties of a kind.
    pub fn duty(&mut self, kind: Kind, payment: Ticket) -> &mut Duty {
        match kind {
            Kind::Capture => &mut self.captures[payment],
            Kind::Void => &mut self.voids[payment],
        }
    }

    /// Units that are paid.
    pub fn captured(&self) -> usize {
        let paid = |(_, status): &&(Order, Status)| *status == Status::Captured;
        self.orders.iter().filter(paid).count()
    }
}

/// What the bank answers to a key, again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Answer {
    /// Done.
    Done,
    /// Refused for good.
    Refused,
    /// It was done, and the answer is a 500 all the same.
    Unknown,
}

/// One payment at the bank. The bank believes nothing and prevents nothing: the worst there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Account {
    /// How often the money was taken.
    pub captures: u8,
    /// The hold was released.
    pub voided: bool,
    /// The bank refused to pay once.
    pub refused: bool,
    /// Its answer to the key of the capture.
    pub capture_key: Option<Answer>,
    /// Its answer to the key of the void.
    pub void_key: Option<Answer>,
}

/// Something under way; the next thing it does is `at`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Process {
    /// A click on Buy (`stock/buy.rs`), with the epoch that its edge last saw.
    Buy {
        /// Whose.
        ticket: Ticket,
        /// Seen at the start.
        epoch: u8,
        /// Next step.
        at: Buying,
    },
    /// The end of a lease (`stock/lease.rs`).
    GiveUp {
        /// Whose.
        ticket: Ticket,
        /// What it would have become.
        order: Order,
        /// Seen at the start.
        epoch: u8,
        /// Next step.
        at: GivingUp,
    },
    /// The way back of a failed order's unit (`stock/returns.rs`).
    BringBack {
        /// Whose.
        order: Order,
        /// Seen at the start.
        epoch: u8,
        /// The unit is released: keep that in the ledger.
        released: bool,
    },
    /// Laying the state in Redis from the ledger (`stock/rebuild.rs`).
    Rebuild {
        /// Next step.
        at: Rebuilding,
    },
    /// A driver of one duty (`pay/worker.rs`).
    Drive {
        /// Which payment.
        payment: Ticket,
        /// To do what.
        kind: Kind,
        /// It was tried before: look first.
        again: bool,
        /// Next step.
        at: Driving,
    },
    /// A shopper who left (`room/standing.rs`): Redis knows, the hold is still there.
    Leave {
        /// Whose.
        ticket: Ticket,
    },
}

/// Steps of a click on Buy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Buying {
    /// `reserve.lua`
    Reserve,
    /// The claim's transaction.
    Claim(Held),
    /// `confirm.lua`, and the answer "you got it".
    Confirm(Order),
    /// `release.lua`: the claim was refused.
    Release(Order),
}

/// Steps of the end of a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GivingUp {
    /// `ledger.abandon`
    Abandon,
    /// `release.lua`
    Release,
    /// `confirm.lua`
    Confirm,
}

/// Steps of a rebuild.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rebuilding {
    /// `ledger.next_epoch` and `ledger.claims`; this life was found unfit.
    Read(u8),
    /// `rebuild.lua`
    Lay {
        /// The new life.
        epoch: u8,
        /// As they were read.
        claims: Vec<Row>,
    },
}

/// Steps of a driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Driving {
    /// Ask the provider.
    Call,
    /// `ledger.settle` or `ledger.move_payment`; `true` when the bank did it.
    Settle(bool),
    /// `ledger.finish_duty`
    Finish,
}

/// The whole machine at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// `None` when it knows nothing of the sale.
    pub redis: Option<Redis>,
    /// A copy of Redis that lags behind.
    pub replica: Option<Redis>,
    /// Final.
    pub ledger: Ledger,
    /// By payment.
    pub bank: [Account; TICKETS],
    /// Sorted, so that their order makes no new state.
    pub under_way: Vec<Process>,
    /// Who was told "you got it", and of which order.
    pub told: [Option<Order>; TICKETS],
    /// Who gave the place back.
    pub left: [bool; TICKETS],
    /// Candidates made up so far.
    pub candidates: [u8; TICKETS],
    /// Faults that may still happen.
    pub faults: u8,
    /// Redis lost something, or was laid anew.
    pub laid_anew: bool,
    /// Redis went back in time, and nobody has noticed.
    pub behind: bool,
    /// The highest life that was found unfit (`room/sight.rs`).
    pub condemned: u8,
    /// The ledger refused a claim because its unit or its buyer was taken.
    pub collided: bool,
}

impl State {
    /// Starts something.
    pub fn begin(&mut self, process: Process) {
        self.under_way.push(process);
        self.under_way.sort_unstable();
    }

    /// Ends something, or takes it up to change it.
    pub fn take(&mut self, process: &Process) {
        if let Some(at) = self.under_way.iter().position(|p| p == process) {
            self.under_way.remove(at);
        }
    }
}
