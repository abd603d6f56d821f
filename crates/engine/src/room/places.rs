//! Places are told when they are in the ledger.
//!
//! Redis gives the numbers out, in order; the ledger's writer makes several batches durable with one flush of the
//! disk. Nobody is told a place before that. Whoever asks again after a failure has the same number in Redis, and
//! it is written then.

use super::Room;
use super::join::Joining;
use super::known::Known;
use crate::ledger::Run;
use crate::redis::{BatchedJoin, Fence, Joined};
use crate::{Engine, Error};
use protocol::Phase;
use protocol::challenge::Mismatch;
use protocol::digest::Digest;
use protocol::ticket::Shopper;
use protocol::transcript::Tree;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A batch that Redis has answered.
pub(super) struct Answered {
    pub(super) batch: Vec<Joining>,
    pub(super) places: Vec<Joined>,
    pub(super) phase: Phase,
    /// The tree over the joins of the batch.
    pub(super) tree: Arc<Tree>,
    /// How far the state was.
    pub(super) fence: Fence,
}

/// Keeps the places of a batch and tells them; if they cannot be kept, nobody is told one.
pub(super) async fn keep_and_tell(engine: &Engine, room: &Room, answered: Answered) {
    let runs = runs(
        answered.batch.iter().map(|joining| &joining.join),
        &answered.places,
        answered.tree.root(),
        &room.known,
    );
    let told_again: Vec<(u64, Shopper)> = runs.iter().flat_map(told_again).collect();
    let kept = if runs.is_empty() {
        Ok(())
    } else {
        let keeping = engine
            .ledger
            .keep_places(&room.row.sale, answered.fence.epoch, runs);
        engine.0.health.ledger.time(keeping).await
    };
    let Err(error) = kept else {
        for (number, shopper) in told_again {
            room.known.learn(number, shopper);
        }
        return tell(answered);
    };
    tracing::warn!(%error, sale = %room.row.sale, joins = answered.batch.len(), "places were not kept, so nobody is told");
    let is_unfit = matches!(error, Error::Rebuilding | Error::NumberTaken);
    if is_unfit {
        room.sight.condemn(answered.fence.epoch);
    }
    for joining in answered.batch {
        joining.tell(Err(if is_unfit {
            Error::Rebuilding
        } else {
            Error::OutOfReach
        }));
    }
}

fn tell(answered: Answered) {
    let phase = answered.phase;
    let told = answered.batch.into_iter().zip(answered.places);
    for (index, (joining, joined)) in told.enumerate() {
        joining.tell(match joined {
            Joined::New(number) => {
                let stands = (Arc::clone(&answered.tree), index);
                Ok((number, Some(stands), phase))
            }
            Joined::Had(number) => Ok((number, None, phase)),
            Joined::Spent => Err(Error::ChallengeSpent),
            Joined::Stale => Err(Mismatch::Stale.into()),
            Joined::Closed if phase == Phase::SoldOut => Err(Error::SoldOut),
            Joined::Closed => Err(Error::WrongPhase(phase)),
        });
    }
}

/// The places of a run that were had before.
fn told_again(run: &Run) -> impl Iterator<Item = (u64, Shopper)> {
    let had = run.root.is_none().then_some(&run.shoppers);
    (run.first..).zip(had.into_iter().flatten().copied())
}

/// The new places of the batch as one run, and those that were had before, and are not known to be in the ledger, as few
/// as they fit in.
fn runs<'a>(
    joins: impl Iterator<Item = &'a BatchedJoin>,
    places: &[Joined],
    root: Digest,
    known: &Known,
) -> Vec<Run> {
    // The script counts: new numbers follow one another.
    let (mut first, mut shoppers, mut had) = (None, Vec::new(), BTreeMap::new());
    for (join, joined) in joins.zip(places) {
        match joined {
            Joined::New(number) => {
                first.get_or_insert(number.0);
                shoppers.push(join.shopper);
            }
            Joined::Had(number) if known.has(number.0, &join.shopper) => {}
            Joined::Had(number) => drop(had.insert(number.0, join.shopper)),
            Joined::Spent | Joined::Stale | Joined::Closed => {}
        }
    }
    let mut runs = Vec::new();
    if let Some(first) = first {
        let new = first..first + shoppers.len() as u64;
        had.retain(|number, _| !new.contains(number));
        runs.push(Run {
            first,
            shoppers,
            root: Some(root),
        });
    }
    let of_new = runs.len();
    for (number, shopper) in had {
        match runs[of_new..].last_mut() {
            Some(run) if run.end() == number => run.shoppers.push(shopper),
            _ => runs.push(Run {
                first: number,
                shoppers: vec![shopper],
                root: None,
            }),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::TicketNumber;

    #[test]
    fn a_batch_is_one_run_of_new_places_and_few_of_old_ones() {
        let join = |shopper: u8| BatchedJoin {
            shopper: [shopper; 16],
            challenge: [0; 16],
            expires_at: 0,
            epoch: 1,
            leaf: [0; 32],
        };
        let joins: Vec<_> = [1, 2, 3, 1, 4, 5].map(join).into();
        let places = [
            Joined::New(TicketNumber(7)),
            Joined::Had(TicketNumber(3)),
            Joined::New(TicketNumber(8)),
            Joined::Had(TicketNumber(7)),
            Joined::Had(TicketNumber(2)),
            Joined::Spent,
        ];
        let of = |first, shoppers: &[u8], root| Run {
            first,
            shoppers: shoppers.iter().map(|shopper| [*shopper; 16]).collect(),
            root,
        };
        let known = Known::default();
        let all = runs(joins.iter(), &places, [9; 32], &known);
        let (new, old) = (of(7, &[1, 3], Some([9; 32])), of(2, &[4, 2], None));
        assert_eq!(all, [new.clone(), old]);

        for (number, shopper) in all.iter().flat_map(told_again) {
            known.learn(number, shopper);
        }
        assert_eq!(runs(joins.iter(), &places, [9; 32], &known), [new]);
    }
}
