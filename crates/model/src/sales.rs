//! The sales that are checked: small enough to be walked to the end, each with a question of its own.

use crate::check::{Found, check};
use crate::guards::Guard;
use crate::machine::Machine;

/// One unit, two shoppers, every step of everybody.
pub fn duel(faults: u8) -> Machine {
    Machine {
        units: 1,
        buyers: vec![0, 1],
        faults,
        paid_at_once: false,
        without: None,
    }
}

/// Two units for two shoppers: everybody gets one.
pub fn enough() -> Machine {
    Machine {
        units: 2,
        ..duel(1)
    }
}

/// Two units, three tickets, two of them one person's in two browsers. The bank is left out.
pub fn two_browsers() -> Machine {
    Machine {
        units: 2,
        buyers: vec![0, 1, 0],
        paid_at_once: true,
        ..duel(1)
    }
}

/// One unit, two shoppers, without the bank: what edges and Redis may do to each other.
pub fn edges(faults: u8) -> Machine {
    Machine {
        paid_at_once: true,
        ..duel(faults)
    }
}

/// What happens without a guard: the first sale in which a promise breaks, or nothing.
pub fn without(guard: Guard) -> Option<(&'static str, Found)> {
    let sales = [
        ("duel", duel(1)),
        ("two browsers", two_browsers()),
        ("duel, two faults", duel(2)),
        (
            "edges",
            edges(if guard.needs_three_faults() { 3 } else { 2 }),
        ),
    ];
    sales.into_iter().find_map(|(name, machine)| {
        let found = check(Machine {
            without: Some(guard),
            ..machine
        });
        found.broken.is_some().then_some((name, found))
    })
}
