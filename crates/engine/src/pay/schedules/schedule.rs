//! What people do in a case, in which order: drawn from its seed.

use super::rows::PRICE;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

/// One act of a schedule.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    Authorize {
        shopper: u64,
        card: usize,
    },
    Approve {
        shopper: u64,
        approved: bool,
    },
    Claim {
        shopper: u64,
    },
    Leave {
        shopper: u64,
    },
    Refund {
        shopper: u64,
        minor: Option<i64>,
        restock: bool,
    },
    /// The turn of everybody whose card is kept is near.
    Wave,
    /// Nobody does anything until the workers have nothing to do.
    Rest,
    End,
}

pub(super) fn schedule(seed: u64) -> Vec<Act> {
    let mut dice = StdRng::seed_from_u64(seed);
    let shoppers = dice.random_range(1..4u64);
    let acts = dice.random_range(4..14);
    let mut schedule: Vec<Act> = (0..shoppers)
        .map(|shopper| Act::Authorize {
            shopper,
            card: card(&mut dice),
        })
        .collect();
    for _ in 0..acts {
        let act = act(&mut dice, shoppers);
        // These need an answer to the act before: mostly it is waited for, at times they come in the middle.
        let waits = matches!(
            act,
            Act::Approve { .. } | Act::Claim { .. } | Act::Refund { .. }
        );
        if waits && dice.random_range(0..3) > 0 {
            schedule.extend([Act::Wave, Act::Rest]);
        }
        schedule.push(act);
    }
    schedule
}

fn act(dice: &mut StdRng, shoppers: u64) -> Act {
    let shopper = dice.random_range(0..shoppers);
    match dice.random_range(0..18) {
        0..4 => Act::Authorize {
            shopper,
            card: card(dice),
        },
        4..7 => Act::Approve {
            shopper,
            approved: dice.random_range(0..4) > 0,
        },
        7..13 => Act::Claim { shopper },
        13..14 => Act::Leave { shopper },
        14..17 => Act::Refund {
            shopper,
            minor: [None, Some(100), Some(PRICE / 2)][dice.random_range(0..3usize)],
            restock: dice.random_range(0..2) == 0,
        },
        _ => Act::End,
    }
}

/// Mostly a good one.
fn card(dice: &mut StdRng) -> usize {
    [0, 0, 0, 0, 1, 2, 2, 3][dice.random_range(0..8usize)]
}
