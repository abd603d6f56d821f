//! What one ticket may conclude from a snapshot: its place, the wait, the odds.

use crate::ids::{Rank, TicketNumber};
use crate::snapshot::{Phase, Snapshot};

/// How likely a unit is for someone this far from the frontier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Odds {
    /// Fewer people ahead than free units.
    Good,
    /// There is one if enough people ahead do not buy.
    Fair,
    /// There is one only if most people ahead do not buy.
    Slim,
    /// Nothing is left to win now.
    None,
}

/// One ticket's place at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The draw is still to come; nobody is ahead of anybody.
    Lobby,
    /// In line.
    Waiting {
        /// Place after the draw.
        rank: Rank,
        /// People between this ticket and the frontier.
        ahead: u64,
        /// Soonest and latest time until called, in seconds, at the present rate.
        eta_s: (u64, u64),
        /// Chance of a unit.
        odds: Odds,
    },
    /// Behind the frontier: may ask for a pass.
    Called {
        /// Place after the draw.
        rank: Rank,
    },
}

/// The place of a ticket by this snapshot.
pub fn place_of(number: TicketNumber, snapshot: &Snapshot) -> Place {
    let Some(rank) = snapshot.rank_of(number) else {
        return Place::Lobby;
    };
    if rank.0 < snapshot.frontier {
        return Place::Called { rank };
    }
    let ahead = rank.0 - snapshot.frontier;
    Place::Waiting {
        rank,
        ahead,
        eta_s: eta(ahead, snapshot.rate),
        odds: odds(ahead, snapshot),
    }
}

/// How long nothing can happen that this ticket has to know at once, in milliseconds, at the present rate: not being
/// called, not "sold out". Somebody far away may ask for news rarely, somebody near has to ask often.
pub fn calm_ms(place: Place, snapshot: &Snapshot) -> u64 {
    match place {
        Place::Waiting { ahead, .. } if snapshot.phase == Phase::Open => {
            let until_sold_out = u64::from(snapshot.stock.free);
            ahead.min(until_sold_out) * 1000 / u64::from(snapshot.rate.max(1))
        }
        _ => 0,
    }
}

/// At the full rate at the soonest, at two thirds of it at the latest.
fn eta(ahead: u64, rate: u32) -> (u64, u64) {
    let rate = u64::from(rate.max(1));
    (
        (ahead + 1).div_ceil(rate),
        (3 * (ahead + 1)).div_ceil(2 * rate),
    )
}

fn odds(ahead: u64, snapshot: &Snapshot) -> Odds {
    let free = u64::from(snapshot.stock.free);
    let may_return = u64::from(snapshot.stock.reserved);
    match snapshot.phase {
        Phase::SoldOut | Phase::Closed => Odds::None,
        _ if ahead < free => Odds::Good,
        _ if ahead < 2 * free + may_return => Odds::Fair,
        _ => Odds::Slim,
    }
}

/// What a browser shows: the best snapshot seen so far, so that a place never gets worse.
#[derive(Clone, Debug, Default)]
pub struct Watcher {
    newest: Option<Snapshot>,
    fewest_ahead: Option<u64>,
    called: bool,
    fastest: u32,
}

impl Watcher {
    /// Takes a snapshot if it is newer than what was seen; answers whether it was.
    pub fn observe(&mut self, snapshot: Snapshot) -> bool {
        let newer = self
            .newest
            .as_ref()
            .is_none_or(|seen| snapshot.is_newer_than(seen));
        if newer {
            self.fastest = self.fastest.max(snapshot.rate);
            self.newest = Some(snapshot);
        }
        newer
    }

    /// The newest snapshot.
    pub fn newest(&self) -> Option<&Snapshot> {
        self.newest.as_ref()
    }

    /// Are people let in more slowly than before? Then a wait may have grown, and this is why.
    pub fn is_slowed(&self) -> bool {
        self.newest
            .as_ref()
            .is_some_and(|newest| newest.rate < self.fastest)
    }

    /// The place to show for a ticket: people ahead never grow from one call to the next, so the wait
    /// does not grow while the rate stays the same, and who was called once stays called.
    pub fn place(&mut self, number: TicketNumber) -> Option<Place> {
        let snapshot = self.newest.as_ref()?;
        Some(match place_of(number, snapshot) {
            Place::Called { rank } => {
                self.called = true;
                Place::Called { rank }
            }
            Place::Waiting { rank, .. } if self.called => Place::Called { rank },
            Place::Waiting { rank, ahead, .. } => {
                let ahead = self.fewest_ahead.map_or(ahead, |least| least.min(ahead));
                self.fewest_ahead = Some(ahead);
                Place::Waiting {
                    rank,
                    ahead,
                    eta_s: eta(ahead, snapshot.rate),
                    odds: odds(ahead, snapshot),
                }
            }
            Place::Lobby => Place::Lobby,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::to_hex;
    use crate::ids::SaleId;
    use crate::snapshot::{Draw, Stock};
    use proptest::prelude::*;

    fn snapshot(epoch: u64, seq: u64, frontier: u64) -> Snapshot {
        Snapshot {
            sale: SaleId::parse("s").unwrap(),
            phase: Phase::Open,
            epoch,
            seq,
            at: 0,
            opens_at: 0,
            tail: 2000,
            frontier,
            rate: 500,
            stock: Stock {
                total: 10,
                free: 10,
                ..Stock::default()
            },
            draw: Draw {
                size: Some(1000),
                seed: Some(to_hex(&[5; 32])),
                ..Draw::default()
            },
            decided: false,
            poll_after_ms: 1000,
            message: None,
            notice: None,
        }
    }

    prop_compose! {
        fn any_snapshot()(
            (epoch, seq, at) in (0u64..3, 0u64..20, 0u64..5),
            frontier in 0u64..1000,
            rate in 1u32..2000,
            phase in prop::sample::select(vec![Phase::Open, Phase::Paused, Phase::SoldOut, Phase::Closed]),
        ) -> Snapshot {
            Snapshot { at, rate, phase, ..snapshot(epoch, seq, frontier) }
        }
    }

    proptest! {
        // Snapshots of any edge, in any order: failovers are other epochs, which may know less of the line.
        #[test]
        fn a_displayed_place_never_gets_worse(seen in prop::collection::vec(any_snapshot(), 1..40), number in 0u64..2000) {
            let mut watcher = Watcher::default();
            let mut least = u64::MAX;
            for snapshot in seen {
                watcher.observe(snapshot);
                match watcher.place(TicketNumber(number)) {
                    Some(Place::Waiting { ahead, .. }) => {
                        prop_assert!(ahead < least, "{ahead} ahead after {least} or a call");
                        least = ahead + 1;
                    }
                    Some(Place::Called { .. }) => least = 0,
                    other => prop_assert!(false, "{other:?} after the draw"),
                }
            }
        }
    }

    proptest! {
        #[test]
        fn a_displayed_wait_grows_only_with_a_reason(seen in prop::collection::vec(any_snapshot(), 1..60), number in 0u64..2000) {
            let mut watcher = Watcher::default();
            let mut last: Option<(u32, Phase, (u64, u64))> = None;
            for mut snapshot in seen {
                // Few rates, so that they often stay the same.
                snapshot.rate = snapshot.rate % 3 + 1;
                watcher.observe(snapshot);
                let Some(Place::Waiting { eta_s, .. }) = watcher.place(TicketNumber(number)) else { break };
                let newest = watcher.newest().unwrap();
                let (rate, phase) = (newest.rate, newest.phase);
                prop_assert!(eta_s.0 <= eta_s.1);
                if let Some((rate_then, phase_then, eta_then)) = last {
                    let grown = eta_s.0 > eta_then.0 || eta_s.1 > eta_then.1;
                    let told_why = rate < rate_then || phase != phase_then;
                    prop_assert!(!grown || told_why, "{eta_then:?} became {eta_s:?} at {rate}/s");
                    prop_assert!(rate >= rate_then || watcher.is_slowed());
                }
                last = Some((rate, phase, eta_s));
            }
        }

        #[test]
        fn within_the_calm_nothing_happens_at_the_present_rate(
            frontier in 0u64..2000, free in 0u32..2000, rate in 1u32..2000, number in 0u64..2000,
        ) {
            let mut now = snapshot(0, 0, frontier);
            now.rate = rate;
            now.stock.free = free;
            let place = place_of(TicketNumber(number), &now);
            let admitted = calm_ms(place, &now) * u64::from(rate) / 1000;
            prop_assert!(admitted <= u64::from(free));
            if let Place::Waiting { ahead, .. } = place {
                prop_assert!(admitted <= ahead);
            } else {
                prop_assert_eq!(admitted, 0);
            }
        }
    }

    #[test]
    fn a_wait_is_a_range_at_the_present_rate() {
        assert_eq!(eta(0, 500), (1, 1));
        assert_eq!(eta(9_999, 500), (20, 30));
    }
}
