//! The rush: proofs beforehand, and then everybody presses Join at their moment.

use crate::ask::Refusal;
use crate::clock::{Instant, instant_at};
use crate::pace::Plan;
use crate::shopper::{World, walk};
use crate::solver::Proof;
use crate::tally::Step;
use futures::StreamExt as _;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::task::TaskTracker;

/// A challenge lives 120 s; proofs are not solved earlier than this before they are needed.
const PROOFS_BEFORE_MS: u64 = 90_000;

/// Solves the first wave's proofs before the rush, as the browsers of those who wait on the page do.
pub async fn prove_all(world: &Arc<World>, plans: &[Plan], start: u64) -> Vec<Option<Box<Proof>>> {
    tokio::time::sleep_until(instant_at(start.saturating_sub(PROOFS_BEFORE_MS))).await;
    let prove = |plan: Plan| {
        let world = Arc::clone(world);
        async move {
            if plan.late {
                return None;
            }
            match world.prove(plan.index).await {
                Ok(proof) => Some(Box::new(proof)),
                // They come all the same, and are turned away.
                Err(refusal) if world.tells_the_end(&refusal).await => None,
                Err(refusal) => {
                    world.tally.error(Step::Challenge, &refusal);
                    None
                }
            }
        }
    };
    // In order, so that each proof stays with its plan.
    futures::stream::iter(plans.to_vec())
        .map(prove)
        .buffered(128)
        .collect()
        .await
}

/// Lets everybody press Join at their moment, and waits until every journey has ended.
pub async fn rush(
    world: &Arc<World>,
    plans: Vec<Plan>,
    proofs: Vec<Option<Box<Proof>>>,
    began: Instant,
    give_up: Duration,
) {
    let crowd = TaskTracker::new();
    let count = plans.len() as u64;
    let coming = async {
        let mut second_wave = None;
        for (plan, proof) in plans.into_iter().zip(proofs) {
            let wave = match plan.late {
                false => began,
                true => *second_wave.get_or_insert_with(|| {
                    instant_at(world.board.newest().draw.at).max(began) + Duration::from_millis(200)
                }),
            };
            let pressed = wave + plan.press;
            if pressed > Instant::now() {
                tokio::time::sleep_until(pressed).await;
            }
            crowd.spawn(walk(Arc::clone(world), plan, proof, pressed));
        }
        crowd.close();
        crowd.wait().await;
    };
    let until = began.max(Instant::now()) + give_up;
    if tokio::time::timeout_at(until, coming).await.is_err() {
        let waiting = count - world.tally.finished.get();
        let why = format!("{waiting} shoppers were neither called nor told the end in {give_up:?}");
        let refusal = Refusal::noticed("never_called", why);
        world.tally.error(Step::Wait, &refusal);
    }
}
