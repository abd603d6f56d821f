//! The board that the whole crowd watches: the newest snapshot, and who waits to be called.
//!
//! A browser computes its place from every snapshot. 100,000 of them in one process would compute
//! 100,000 places several times a second; so each rank is computed once, when the draw is published,
//! and a snapshot wakes only those whom the frontier has passed. The answer is the same.

use protocol::{Phase, Rank, Snapshot, TicketNumber};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{oneshot, watch};

/// What a waiting shopper waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// May ask for a pass.
    Called,
    /// The sale is over.
    Over,
}

/// Is the sale over for those who wait?
pub fn is_over(snapshot: &Snapshot) -> bool {
    matches!(snapshot.phase, Phase::SoldOut | Phase::Closed)
}

/// The board.
#[derive(Debug)]
pub struct Board {
    newest: watch::Sender<Arc<Snapshot>>,
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    lobby: Vec<(TicketNumber, u64, oneshot::Sender<Turn>)>,
    line: BinaryHeap<Reverse<InLine>>,
}

#[derive(Debug)]
struct InLine {
    /// Called when the frontier is beyond it.
    rank: Rank,
    caller: oneshot::Sender<Turn>,
}

impl PartialEq for InLine {
    fn eq(&self, other: &Self) -> bool {
        self.rank == other.rank
    }
}
impl Eq for InLine {}
impl PartialOrd for InLine {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for InLine {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank.cmp(&other.rank)
    }
}

impl Board {
    /// A board that shows this snapshot.
    pub fn new(first: Snapshot) -> Self {
        Self {
            newest: watch::Sender::new(Arc::new(first)),
            waiting: Mutex::default(),
        }
    }

    /// What the board shows now.
    pub fn newest(&self) -> Arc<Snapshot> {
        Arc::clone(&self.newest.borrow())
    }

    /// Is the sale over?
    pub fn is_over(&self) -> bool {
        is_over(&self.newest.borrow())
    }

    /// Resolves when the ticket is called, or would be if `ahead` fewer stood before it, or the sale is
    /// over; at once if it is so already.
    pub fn turn(&self, number: TicketNumber, ahead: u64) -> oneshot::Receiver<Turn> {
        let (caller, turn) = oneshot::channel();
        {
            let mut waiting = self.waiting();
            match self.newest().rank_of(number) {
                Some(rank) => waiting.line.push(in_line(rank, ahead, caller)),
                None => waiting.lobby.push((number, ahead, caller)),
            }
        }
        self.call();
        turn
    }

    /// Waits until the board shows a snapshot of which this is true.
    pub async fn until(&self, wanted: impl FnMut(&Arc<Snapshot>) -> bool) -> Arc<Snapshot> {
        let mut watching = self.newest.subscribe();
        let shown = watching
            .wait_for(wanted)
            .await
            .map(|seen| Arc::clone(&seen));
        shown.unwrap_or_else(|_| self.newest())
    }

    /// Puts up a snapshot, unless the board shows a newer one. Takes a while when it carries the draw.
    pub fn post(&self, snapshot: Snapshot) -> bool {
        let newer = self.newest.send_if_modified(|shown| {
            let newer = snapshot.is_newer_than(shown);
            if newer {
                *shown = Arc::new(snapshot);
            }
            newer
        });
        if newer {
            self.line_up();
            self.call();
        }
        newer
    }

    /// After the draw: everybody from the lobby gets a place in line.
    fn line_up(&self) {
        let shown = self.newest();
        if shown.draw.seed.is_none() || shown.draw.size.is_none() {
            return;
        }
        let lobby = std::mem::take(&mut self.waiting().lobby);
        let placed: Vec<_> = lobby
            .into_iter()
            .filter_map(|(number, ahead, caller)| {
                let rank = shown.rank_of(number)?;
                Some(in_line(rank, ahead, caller))
            })
            .collect();
        self.waiting().line.extend(placed);
    }

    /// Calls everybody whose turn it is.
    fn call(&self) {
        let mut waiting = self.waiting();
        let shown = self.newest();
        if is_over(&shown) {
            let lobby = waiting.lobby.drain(..).map(|(_, _, caller)| caller);
            let callers: Vec<_> = lobby.collect();
            let line = waiting.line.drain().map(|Reverse(in_line)| in_line.caller);
            for caller in callers.into_iter().chain(line) {
                // Somebody who closed the tab does not listen any more.
                caller.send(Turn::Over).ok();
            }
            return;
        }
        while waiting
            .line
            .peek()
            .is_some_and(|Reverse(first)| first.rank.0 < shown.frontier)
        {
            if let Some(Reverse(first)) = waiting.line.pop() {
                first.caller.send(Turn::Called).ok();
            }
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn in_line(rank: Rank, ahead: u64, caller: oneshot::Sender<Turn>) -> Reverse<InLine> {
    let rank = Rank(rank.0.saturating_sub(ahead));
    Reverse(InLine { rank, caller })
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::SaleId;
    use protocol::digest::to_hex;
    use protocol::place::{Place, place_of};
    use protocol::snapshot::{Draw, Stock};

    fn snapshot(seq: u64, phase: Phase, frontier: u64) -> Snapshot {
        let drawn = phase != Phase::Lobby;
        Snapshot {
            sale: SaleId::parse("s").unwrap(),
            phase,
            epoch: 0,
            seq,
            at: 0,
            opens_at: 0,
            tail: 100,
            frontier,
            rate: 500,
            stock: Stock::default(),
            draw: Draw {
                size: drawn.then_some(90),
                seed: drawn.then(|| to_hex(&[7; 32])),
                ..Draw::default()
            },
            decided: false,
            poll_after_ms: 1000,
            message: None,
            notice: None,
        }
    }

    #[test]
    fn the_board_calls_exactly_those_whom_a_browser_would_find_called() {
        let board = Board::new(snapshot(0, Phase::Lobby, 0));
        let mut turns: Vec<_> = (0..100).map(|n| board.turn(TicketNumber(n), 0)).collect();
        for (seq, frontier) in [(1, 0), (2, 17), (3, 95)] {
            let shown = snapshot(seq, Phase::Open, frontier);
            assert!(board.post(shown.clone()));
            for (number, turn) in (0..).map(TicketNumber).zip(&mut turns) {
                let called = matches!(place_of(number, &shown), Place::Called { .. });
                let heard = !turn.is_empty() || turn.is_terminated();
                assert_eq!(heard, called, "{number} at {frontier}");
            }
        }
    }

    #[test]
    fn who_asks_for_a_warning_gets_it_so_many_places_earlier() {
        let board = Board::new(snapshot(0, Phase::Lobby, 0));
        let mut turns: Vec<_> = (0..100).map(|n| board.turn(TicketNumber(n), 30)).collect();
        board.post(snapshot(1, Phase::Open, 17));
        let heard = turns.iter_mut().filter_map(|turn| turn.try_recv().ok());
        assert_eq!(heard.filter(|turn| *turn == Turn::Called).count(), 17 + 30);
    }

    #[test]
    fn sold_out_reaches_everyone_and_an_older_snapshot_nobody() {
        let board = Board::new(snapshot(5, Phase::Open, 10));
        let mut last = board.turn(TicketNumber(99), 0);
        assert!(!board.post(snapshot(4, Phase::SoldOut, 10)));
        assert!(last.try_recv().is_err());
        assert!(board.post(snapshot(6, Phase::SoldOut, 10)));
        assert_eq!(last.try_recv(), Ok(Turn::Over));
        assert_eq!(board.turn(TicketNumber(100), 0).try_recv(), Ok(Turn::Over));
    }
}
