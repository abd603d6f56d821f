//! The one poller of the crowd: listens to the event stream, and asks for the status when it is silent.

use crate::board::Board;
use crate::shop::Shop;
use crate::tally::{Line, Step, Tally};
use protocol::Snapshot;
use std::sync::Arc;
use std::time::Duration;

/// Silence on the stream after which the status is asked for.
const SILENCE: Duration = Duration::from_millis(1500);
/// Pause before a stream that broke is opened again.
const REOPEN: Duration = Duration::from_millis(250);

/// Keeps the board fresh until the task is dropped.
pub async fn keep_fresh(shop: Shop, board: Arc<Board>, tally: Arc<Tally>) {
    loop {
        listen(&shop, &board, &tally).await;
        ask(&shop, &board, &tally).await;
        tokio::time::sleep(REOPEN).await;
    }
}

/// Follows the stream until it ends or breaks.
async fn listen(shop: &Shop, board: &Arc<Board>, tally: &Tally) {
    let request = shop.client().http().get(shop.events_url());
    let opened = tokio::time::timeout(Duration::from_secs(5), request.send()).await;
    let Ok(Ok(mut stream)) = opened else { return };
    if !stream.status().is_success() {
        return;
    }
    let mut events = Events::default();
    loop {
        match tokio::time::timeout(SILENCE, stream.chunk()).await {
            Ok(Ok(Some(bytes))) => {
                for snapshot in events.feed(&bytes) {
                    show(board, tally, snapshot).await;
                }
            }
            Ok(Ok(None) | Err(_)) => return,
            Err(_silent) => ask(shop, board, tally).await,
        }
    }
}

async fn ask(shop: &Shop, board: &Arc<Board>, tally: &Tally) {
    match shop.status().await {
        Ok(snapshot) => show(board, tally, snapshot).await,
        Err(refusal) => tally.error(Step::Status, &refusal),
    }
}

async fn show(board: &Arc<Board>, tally: &Tally, snapshot: Snapshot) {
    tally.moments().line.push(Line {
        at: snapshot.at,
        tail: snapshot.tail,
        frontier: snapshot.frontier,
        free: snapshot.stock.free,
    });
    let board = Arc::clone(board);
    // The draw places the whole crowd at once: not on a thread that serves connections.
    tokio::task::spawn_blocking(move || board.post(snapshot))
        .await
        .ok();
}

/// Cuts the bytes of an event stream into snapshots.
#[derive(Default)]
struct Events {
    rest: Vec<u8>,
}

impl Events {
    /// The snapshots that these bytes complete; anything else on the stream is skipped.
    fn feed(&mut self, bytes: &[u8]) -> Vec<Snapshot> {
        self.rest.extend_from_slice(bytes);
        let Some(end) = self.rest.iter().rposition(|byte| *byte == b'\n') else {
            return Vec::new();
        };
        let lines: Vec<u8> = self.rest.drain(..=end).collect();
        lines
            .split(|byte| *byte == b'\n')
            .filter_map(|line| line.strip_prefix(b"data:"))
            .filter_map(|json| serde_json::from_slice(json).ok())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = concat!(
        ": hello\n\nevent: snapshot\ndata: {\"sale\":\"s\",\"phase\":\"open\",\"epoch\":1,\"seq\":9,\"at\":5,",
        "\"opens_at\":1,\"tail\":3,\"frontier\":2,\"rate\":500,\"stock\":{\"total\":1,\"free\":1,\"reserved\":0,",
        "\"claimed\":0},\"draw\":{\"commitment\":\"\",\"at\":2},\"poll_after_ms\":500}\n\n"
    );

    #[test]
    fn a_stream_cut_anywhere_gives_the_same_snapshots() {
        for cut in 0..EVENT.len() {
            let mut events = Events::default();
            let mut seen = events.feed(&EVENT.as_bytes()[..cut]);
            seen.extend(events.feed(&EVENT.as_bytes()[cut..]));
            assert_eq!(seen.len(), 1, "cut at {cut}");
            assert_eq!(seen[0].seq, 9);
        }
    }
}
