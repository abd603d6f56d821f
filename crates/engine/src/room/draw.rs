//! The draw is made once, when the lobby has closed, by whichever edge comes first.
//!
//! Every edge computes the same from the same fixed lobby, so a race between them is harmless: the
//! ledger keeps the first result, Redis publishes it once.

use super::Room;
use crate::redis::State;
use crate::{Engine, Error};
use protocol::digest::{Digest, tagged, to_hex};
use protocol::{Phase, draw, transcript};

/// Makes the draw if the lobby has closed and it is not made yet.
pub(super) async fn make_if_due(engine: &Engine, room: &Room, state: &State) -> Result<(), Error> {
    let closed_size = state.text("size").and_then(|size| size.parse::<u64>().ok());
    let (Phase::Lobby, Some(size)) = (state.phase()?, closed_size) else {
        return Ok(());
    };
    let sale = &room.row.sale;
    let raw = engine
        .store
        .transcript(sale, state.number("entries"))
        .await?;
    let entries: Vec<Digest> = raw
        .iter()
        .map(|entry| tagged("sluice/transcript-entry/v1", &[entry]))
        .collect();
    let root = transcript::root(&entries);
    let secret = &room.row.draw_secret;
    let seed = draw::seed(secret, &root, size, b"");
    engine
        .ledger
        .keep_draw(sale, size, to_hex(&root), to_hex(&seed))
        .await?;
    let first = engine
        .store
        .publish_draw(
            sale,
            state.number("epoch"),
            size,
            &to_hex(&root),
            &to_hex(secret),
            &to_hex(&seed),
        )
        .await?;
    if first {
        tracing::info!(%sale, size, "the draw is made");
    }
    Ok(())
}
