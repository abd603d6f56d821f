//! Lines on stderr while it happens, one a second.

use crate::board::Board;
use crate::clock::Instant;
use crate::tally::Tally;
use std::time::Duration;

/// Prints until the task is dropped.
pub async fn print(board: &Board, tally: &Tally, since: Instant) {
    let mut second = tokio::time::interval(Duration::from_secs(1));
    loop {
        second.tick().await;
        eprintln!("{}", line(board, tally, since.elapsed()));
    }
}

/// One line: where the sale stands and where the crowd is.
pub fn line(board: &Board, tally: &Tally, elapsed: Duration) -> String {
    let shown = board.newest();
    let placed = tally.placed.get();
    let drawn = shown.draw.size.map_or(0, |size| size.min(placed));
    format!(
        "{:>5.1}s {:<9} arrived {:>6}  placed {placed:>6}  drawn {drawn:>6}  authorised {:>6}  admitted {:>5}  orders {:>5}  sold out seen {:>6}  retries {}  errors {}",
        elapsed.as_secs_f64(),
        shown.phase.as_str(),
        tally.arrived.get(),
        tally.authorized.get(),
        tally.admitted.get(),
        tally.orders.get(),
        tally.sold_out_seen.get(),
        tally.retries.get(),
        tally.errors.get(),
    )
}
