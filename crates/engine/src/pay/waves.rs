//! The policy `by_rank`: cards are kept as people come, and held in waves as the frontier nears.
//!
//! What is kept is the provider's name for the card, which the browser got from the provider itself: that costs
//! none of our calls. The horizon is the frontier and so many ranks for each free unit: the fewer are left, the
//! fewer people have money held in vain.

use crate::ledger::When;
use crate::room::Room;
use crate::{Engine, Error};
use protocol::wire::HoldPolicy;
use protocol::{Phase, Snapshot, TicketNumber};

/// Ranks below it are asked for their hold.
fn horizon(engine: &Engine, now: &Snapshot) -> u64 {
    let free = u64::from(now.stock.free);
    now.frontier + u64::from(engine.settings.payment.horizon) * free
}

/// When this ticket's card is held.
pub(super) fn when(engine: &Engine, room: &Room, number: TicketNumber) -> When {
    if room.row.policy == HoldPolicy::OnEntry {
        return When::Now;
    }
    let now = room.published().snapshot;
    match now.rank_of(number) {
        Some(rank) if rank.0 < horizon(engine, &now) => When::Now,
        rank => When::AtRank(rank),
    }
}

/// Asks for the holds of those whose turn nears. Any edge may, as often as it likes.
pub(crate) async fn ask_for_those_near(engine: &Engine, room: &Room) -> Result<(), Error> {
    let now = room.published().snapshot;
    if room.row.policy == HoldPolicy::OnEntry || now.phase != Phase::Open {
        return Ok(());
    }
    let sale = &room.row.sale;
    let rank = |number| now.rank_of(number).unwrap_or(protocol::Rank(number.0));
    while engine.ledger.rank_waiting(sale, rank).await? {}
    let asked = engine
        .ledger
        .owe_wave(sale, horizon(engine, &now), engine.world.now())
        .await?;
    if asked > 0 {
        tracing::debug!(%sale, asked, "holds are asked for");
        engine.0.waiters.wake_worker();
    }
    Ok(())
}
