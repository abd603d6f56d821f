//! One shopper's journey, from pressing Join to an order or to "sold out".
//!
//! Each step is boxed: while a shopper waits, all that is kept of the journey is the ticket and a
//! place on the board.

use crate::ask::Refusal;
use crate::board::{Board, Turn};
use crate::card::Provider;
use crate::clock::Instant;
use crate::pace::{NoShow, Plan};
use crate::shop::Shop;
use crate::solver::{Proof, Solver};
use crate::tally::{Step, Tally};
use crate::turn::Call;
use std::sync::Arc;
use std::time::Duration;

/// What all shoppers share.
#[derive(Clone, Debug)]
pub struct World {
    /// The shop and its sale.
    pub shop: Shop,
    /// The payment provider.
    pub provider: Provider,
    /// The board to watch.
    pub board: Arc<Board>,
    /// The solver of proofs.
    pub solver: Arc<Solver>,
    /// What was seen.
    pub tally: Arc<Tally>,
    /// Tells this crowd's cards, devices and emails from those of another.
    pub seed: u64,
    /// Longest time to type a card.
    pub typing: Duration,
    /// Everyone gives a card as soon as they have a place.
    pub cards_at_once: bool,
    /// Everyone polls for themselves.
    pub poll_each: bool,
    /// A page that is loaded before joining.
    pub page: Option<String>,
}

/// How a journey ends, when nothing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With an order.
    Bought,
    /// Told that nothing is left.
    SoldOut,
    /// Left without buying.
    NoShow,
    /// Came after the end.
    TurnedAway,
}

/// Where a journey broke off, and why.
pub type Trouble = (Step, Refusal);

/// Goes the whole way and tallies how it ended. `pressed` is when Join should have been pressed: what
/// comes later because the crowd is slow counts as waiting.
pub async fn walk(world: Arc<World>, plan: Plan, proof: Option<Box<Proof>>, pressed: Instant) {
    world.tally.arrived.add(1);
    match journey(&world, plan, proof, pressed).await {
        Ok(End::Bought) => {}
        Ok(End::SoldOut) => world.tally.lose(),
        Ok(End::NoShow) => world.tally.no_shows.add(1),
        Ok(End::TurnedAway) => world.tally.turned_away.add(1),
        Err((step, refusal)) => world.tally.error(step, &refusal),
    }
    world.tally.finished.add(1);
}

async fn journey(
    world: &Arc<World>,
    plan: Plan,
    proof: Option<Box<Proof>>,
    pressed: Instant,
) -> Result<End, Trouble> {
    let Some(joined) = Box::pin(world.join(plan, proof, pressed)).await? else {
        return Ok(End::TurnedAway);
    };
    if !Box::pin(world.comes_near(joined.number)).await {
        return Ok(End::SoldOut);
    }
    let mut call = Call::of(world, joined.number, 0);
    if !Box::pin(world.authorize(plan, &joined, &mut call)).await? {
        return Ok(End::SoldOut);
    }
    if plan.no_show == Some(NoShow::Vanishes) {
        return Ok(End::NoShow);
    }
    match call.turn().await {
        Turn::Called => Box::pin(world.buy(plan, &joined.ticket)).await,
        Turn::Over => Ok(End::SoldOut),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Start<F> = fn(Arc<World>, Plan, Option<Box<Proof>>, Instant) -> F;

    /// What the runtime keeps for one journey, beside the ticket on the heap.
    fn size_of_journey<F: Future>(_walk: Start<F>) -> usize {
        size_of::<F>()
    }

    #[test]
    fn a_waiting_shopper_is_small() {
        let size = size_of_journey(walk);
        assert!(size <= 512, "{size} bytes");
    }
}
