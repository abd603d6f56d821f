//! A shopper's turn: on the board that the crowd shares, or by polling alone.

use crate::board::{Board, Turn, is_over};
use crate::shopper::World;
use crate::tally::Step;
use protocol::TicketNumber;
use protocol::place::{Place, place_of};
use rand::RngExt as _;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

/// A turn that was or will be heard.
pub struct Call {
    heard: Option<Turn>,
    coming: Pin<Box<dyn Future<Output = Turn> + Send>>,
}

impl Call {
    /// The turn of this ticket, or the moment at which at most `ahead` people are called before it.
    pub fn of(world: &Arc<World>, number: TicketNumber, ahead: u64) -> Self {
        let coming: Pin<Box<dyn Future<Output = Turn> + Send>> = if world.poll_each {
            let world = Arc::clone(world);
            Box::pin(async move { poll(&world, number, ahead).await })
        } else {
            let turn = world.board.turn(number, ahead);
            // The board is never dropped before the shoppers; if it were, the sale would be over.
            Box::pin(async move { turn.await.unwrap_or(Turn::Over) })
        };
        Self {
            heard: None,
            coming,
        }
    }

    /// Waits for the turn, or answers what was heard before.
    pub async fn turn(&mut self) -> Turn {
        if let Some(turn) = self.heard {
            return turn;
        }
        let turn = self.coming.as_mut().await;
        self.heard = Some(turn);
        turn
    }

    /// The next news: the turn, and after it the end of the sale.
    pub async fn news(&mut self, board: &Board) -> Turn {
        match self.heard {
            None => self.turn().await,
            Some(_) => {
                board.until(|shown| is_over(shown)).await;
                Turn::Over
            }
        }
    }

    /// Does something that is pointless once the sale is over; `None` when that came first.
    pub async fn unless_over<T>(
        &mut self,
        board: &Board,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return Some(done),
                news = self.news(board) => {
                    if news == Turn::Over {
                        return None;
                    }
                }
            }
        }
    }
}

/// Polls for one shopper until it is called or the sale is over.
async fn poll(world: &World, number: TicketNumber, ahead: u64) -> Turn {
    loop {
        let pause = match world.shop.status().await {
            Ok(snapshot) if is_over(&snapshot) => return Turn::Over,
            Ok(snapshot) => match place_of(number, &snapshot) {
                Place::Called { .. } => return Turn::Called,
                Place::Waiting { ahead: left, .. } if left < ahead => return Turn::Called,
                Place::Lobby | Place::Waiting { .. } => snapshot.poll_after_ms,
            },
            Err(refusal) => {
                world.tally.error(Step::Status, &refusal);
                1000
            }
        };
        let jitter = rand::rng().random_range(0.8..1.2);
        tokio::time::sleep(Duration::from_millis(u64::from(pause)).mul_f64(jitter)).await;
    }
}
