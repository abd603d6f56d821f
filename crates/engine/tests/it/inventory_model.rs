//! Ten thousand random interleavings of reserve, release, confirm and rebuild, on a real Redis, against a
//! model that fits on one page.

use crate::harness::{Redis, drawn_sale, wide};
use engine::Error;
use engine::ledger::{Claim, SaleRow};
use engine::redis::{Admission, Fence, Store, Units};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use protocol::{Rank, TicketNumber, UnitNo};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

const UNITS: u32 = 3;
const TICKETS: u64 = 8;
const PEOPLE: u64 = 2;
const CASES: u32 = 10_000;

#[derive(Clone, Debug)]
enum Step {
    Admit(u64),
    Reserve {
        ticket: u64,
        stale: bool,
    },
    Confirm {
        ticket: u64,
        right_order: bool,
    },
    Release {
        ticket: u64,
        right_order: bool,
        claimed: bool,
    },
    /// Reserving or entering, asked by somebody who has seen more than Redis knows.
    Behind {
        ticket: u64,
        enters: bool,
    },
    Rebuild,
}

fn step() -> impl Strategy<Value = Step> {
    let ticket = 0..TICKETS;
    prop_oneof![
        3 => ticket.clone().prop_map(Step::Admit),
        6 => (ticket.clone(), prop::bool::weighted(0.1)).prop_map(|(ticket, stale)| Step::Reserve { ticket, stale }),
        4 => (ticket.clone(), prop::bool::weighted(0.8)).prop_map(|(ticket, right_order)| Step::Confirm { ticket, right_order }),
        4 => (ticket, prop::bool::weighted(0.8), any::<bool>())
            .prop_map(|(ticket, right_order, claimed)| Step::Release { ticket, right_order, claimed }),
        1 => (0..TICKETS, any::<bool>()).prop_map(|(ticket, enters)| Step::Behind { ticket, enters }),
        1 => Just(Step::Rebuild),
    ]
}

/// Four tickets belong to each person, more than any limit lets win.
fn buyers(ticket: u64) -> Vec<String> {
    vec![
        format!("browser{ticket}"),
        format!("person{}", ticket % PEOPLE),
    ]
}

type Held = BTreeMap<u64, (String, u32)>;

/// What should be.
#[derive(Debug)]
struct Model {
    limit: usize,
    epoch: u64,
    free: u32,
    next_unit: u32,
    returned: VecDeque<u32>,
    passes: BTreeSet<u64>,
    reserved: Held,
    claimed: Held,
}

/// What a step should answer.
#[derive(Debug, PartialEq)]
enum Answer {
    Done(bool),
    Unit {
        order: String,
        unit: u32,
        claimed: bool,
    },
    SoldOut,
    Limit,
    NoPass,
    Rebuilding,
    Behind,
}

impl Model {
    fn new(limit: u32) -> Self {
        Self {
            limit: limit as usize,
            epoch: 1,
            free: UNITS,
            next_unit: 0,
            returned: VecDeque::new(),
            passes: BTreeSet::new(),
            reserved: Held::new(),
            claimed: Held::new(),
        }
    }

    fn has_enough(&self, ticket: u64) -> bool {
        let units = self.reserved.keys().chain(self.claimed.keys());
        let own = units.filter(|other| *other % PEOPLE == ticket % PEOPLE);
        own.count() >= self.limit
    }

    fn reserve(&mut self, ticket: u64, candidate: &str) -> Answer {
        for (held, claimed) in [(&self.claimed, true), (&self.reserved, false)] {
            if let Some((order, unit)) = held.get(&ticket) {
                return Answer::Unit {
                    order: order.clone(),
                    unit: *unit,
                    claimed,
                };
            }
        }
        if self.free == 0 {
            return Answer::SoldOut;
        }
        if !self.passes.contains(&ticket) {
            return Answer::NoPass;
        }
        if self.has_enough(ticket) {
            return Answer::Limit;
        }
        self.free -= 1;
        let unit = self.returned.pop_front().unwrap_or_else(|| {
            self.next_unit += 1;
            self.next_unit - 1
        });
        self.reserved.insert(ticket, (candidate.to_owned(), unit));
        Answer::Unit {
            order: candidate.to_owned(),
            unit,
            claimed: false,
        }
    }

    fn apply(&mut self, step: &Step, candidate: &str) -> Answer {
        match step {
            Step::Admit(ticket) => {
                if !self.passes.contains(ticket) && self.free == 0 {
                    return Answer::SoldOut;
                }
                self.passes.insert(*ticket);
                Answer::Done(true)
            }
            Step::Reserve { stale: true, .. } => Answer::Rebuilding,
            Step::Reserve { ticket, .. } => self.reserve(*ticket, candidate),
            Step::Confirm {
                ticket,
                right_order,
            } => {
                let held = self.reserved.contains_key(ticket) && *right_order;
                if held {
                    let unit = self.reserved.remove(ticket).unwrap();
                    self.claimed.insert(*ticket, unit);
                    self.passes.remove(ticket);
                }
                Answer::Done(held)
            }
            Step::Release {
                ticket,
                right_order,
                claimed,
            } => {
                let held = if *claimed {
                    &mut self.claimed
                } else {
                    &mut self.reserved
                };
                if !*right_order || !held.contains_key(ticket) {
                    return Answer::Done(false);
                }
                let (_, unit) = held.remove(ticket).unwrap();
                self.returned.push_back(unit);
                self.free += 1;
                Answer::Done(true)
            }
            Step::Behind { .. } => Answer::Behind,
            Step::Rebuild => {
                self.epoch += 1;
                self.reserved.clear();
                let taken: BTreeSet<u32> = self.claimed.values().map(|(_, unit)| *unit).collect();
                self.next_unit = taken.last().map_or(0, |highest| highest + 1);
                self.returned = (0..self.next_unit)
                    .filter(|unit| !taken.contains(unit))
                    .collect();
                self.free = UNITS - taken.len() as u32;
                Answer::Done(true)
            }
        }
    }

    fn order_of(&self, ticket: u64, claimed: bool) -> String {
        let held = if claimed {
            &self.claimed
        } else {
            &self.reserved
        };
        held.get(&ticket)
            .map_or_else(|| "nothing".to_owned(), |(order, _)| order.clone())
    }
}

async fn perform(
    store: &Store,
    row: &mut SaleRow,
    model: &Model,
    step: &Step,
    candidate: &str,
) -> Answer {
    let sale = row.sale.clone();
    let order = |ticket: u64, claimed: bool, right: bool| {
        if right {
            model.order_of(ticket, claimed)
        } else {
            "somebody else's".to_owned()
        }
    };
    let result = match step {
        Step::Admit(ticket) => store
            .admit(
                &sale,
                row.epoch,
                (TicketNumber(*ticket), Rank(*ticket)),
                None,
                60_000,
                // Rebuilding holds the schedule for a second; the model knows no time.
                60_000,
            )
            .await
            .map(|admission| Answer::Done(matches!(admission, Admission::Granted { .. }))),
        Step::Reserve { ticket, stale } => store
            .reserve(
                &sale,
                row.epoch - u64::from(*stale),
                TicketNumber(*ticket),
                candidate,
                60_000,
                &buyers(*ticket),
            )
            .await
            .map(|reserved| Answer::Unit {
                order: reserved.order,
                unit: reserved.unit.0,
                claimed: reserved.claimed,
            }),
        Step::Confirm {
            ticket,
            right_order,
        } => store
            .confirm(
                &sale,
                row.epoch,
                TicketNumber(*ticket),
                &order(*ticket, false, *right_order),
            )
            .await
            .map(Answer::Done),
        Step::Release {
            ticket,
            right_order,
            claimed,
        } => {
            let units = if *claimed {
                Units::Claimed
            } else {
                Units::Reserved
            };
            let order = order(*ticket, *claimed, *right_order);
            store
                .release(&sale, row.epoch, TicketNumber(*ticket), &order, units)
                .await
                .map(Answer::Done)
        }
        Step::Behind { ticket, enters } => {
            let fence = Fence {
                epoch: row.epoch,
                seq: 1 << 50,
            };
            let number = TicketNumber(*ticket);
            if *enters {
                let rank = Rank(*ticket);
                let asked = store.admit(&sale, fence, (number, rank), None, 60_000, 60_000);
                asked.await.map(|_| Answer::Done(true))
            } else {
                let buyers = buyers(*ticket);
                let asked = store.reserve(&sale, fence, number, candidate, 60_000, &buyers);
                asked.await.map(|_| Answer::Done(true))
            }
        }
        Step::Rebuild => {
            row.epoch += 1;
            let claims: Vec<Claim> = model
                .claimed
                .iter()
                .map(|(ticket, (order, unit))| Claim {
                    order: order.clone(),
                    sale: sale.clone(),
                    epoch: row.epoch,
                    number: TicketNumber(*ticket),
                    unit: UnitNo(*unit),
                    buyers: buyers(*ticket),
                    payment: String::new(),
                })
                .collect();
            store.rebuild(row, &claims, 0).await.map(Answer::Done)
        }
    };
    match result {
        Ok(answer) => answer,
        Err(Error::SoldOut) => Answer::SoldOut,
        Err(Error::LimitReached) => Answer::Limit,
        Err(Error::PassExpired) => Answer::NoPass,
        Err(Error::Rebuilding) => Answer::Rebuilding,
        Err(Error::Behind) => Answer::Behind,
        Err(error) => panic!("{error}"),
    }
}

async fn agree(
    store: &Store,
    name: &str,
    limit: u32,
    steps: Vec<Step>,
) -> Result<(), TestCaseError> {
    let mut row = drawn_sale(name, UNITS, TICKETS);
    row.limit_per_buyer = limit;
    let mut model = Model::new(limit);
    store.rebuild(&row, &[], 0).await.unwrap();
    store.advance(&row.sale, wide(1000)).await.unwrap();
    for (i, step) in steps.iter().enumerate() {
        let candidate = format!("order{i}");
        let got = perform(store, &mut row, &model, step, &candidate).await;
        let expected = model.apply(step, &candidate);
        prop_assert_eq!(got, expected, "step {}: {:?}", i, step);
    }
    let state = store.advance(&row.sale, wide(1000)).await.unwrap().unwrap();
    prop_assert_eq!(state.free, model.free);
    prop_assert_eq!(state.reserved as usize, model.reserved.len());
    prop_assert_eq!(
        model.free as usize + model.reserved.len() + model.claimed.len(),
        UNITS as usize
    );
    store.forget(&row.sale).await.unwrap();
    Ok(())
}

#[test]
fn scripts_and_model_agree_on_every_interleaving() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let redis = runtime.block_on(Redis::with_fsync("no"));
    let store = runtime.block_on(Store::connect(&redis.url)).unwrap();
    let mut runner = TestRunner::new(Config {
        cases: CASES,
        failure_persistence: None,
        ..Config::default()
    });
    let names = std::cell::Cell::new(0u64);
    let sales = (1..=3u32, prop::collection::vec(step(), 1..50));
    let outcome = runner.run(&sales, |(limit, steps)| {
        names.set(names.get() + 1);
        let name = format!("model-{}", names.get());
        runtime.block_on(agree(&store, &name, limit, steps))
    });
    outcome.unwrap();
}
