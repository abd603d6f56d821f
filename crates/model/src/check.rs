//! Runs the checker over a machine.

use crate::machine::{Machine, Step};
use stateright::{Checker as _, HasDiscoveries, Model as _};

/// What was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// States that can be reached, or were until a promise broke.
    pub states: usize,
    /// A promise that does not hold, and the shortest way there.
    pub broken: Option<(&'static str, Vec<Step>)>,
    /// What should be reachable and is not.
    pub unreached: Vec<&'static str>,
}

/// Walks every state, breadth first, until all are seen or one breaks a promise.
pub fn check(machine: Machine) -> Found {
    let expected = machine.properties();
    let checker = machine
        .checker()
        .finish_when(HasDiscoveries::AnyFailures)
        .spawn_bfs()
        .join();
    let mut found = checker.discoveries();
    let mut broken = None;
    let mut unreached = Vec::new();
    for property in &expected {
        let discovery = found.remove(property.name);
        match property.expectation {
            stateright::Expectation::Sometimes if discovery.is_none() => {
                unreached.push(property.name);
            }
            stateright::Expectation::Sometimes => {}
            _ => {
                if let (Some(path), None) = (discovery, &broken) {
                    broken = Some((property.name, path.into_actions()));
                }
            }
        }
    }
    Found {
        states: checker.unique_state_count(),
        broken,
        unreached,
    }
}
