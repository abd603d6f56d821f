//! The draw is made once, when the lobby has closed, by whichever edge comes first.
//!
//! Every edge computes the same from the same fixed lobby, so a race between them is harmless: the
//! ledger keeps the first result, Redis publishes it once. The ledger refuses a lobby that is older than what it
//! knows, or that lacks a join which somebody was told of.

use super::{Room, beacon};
use crate::ledger::Drawn;
use crate::redis::State;
use crate::{Engine, Error};
use protocol::digest::to_hex;
use protocol::transcript::{self, Entry};
use protocol::wire::TranscriptEntry;
use protocol::{Phase, SaleId, draw};

impl Engine {
    /// The join transcript that the draw was made from, batch by batch; empty before the draw.
    pub async fn transcript(&self, sale: &SaleId) -> Result<Vec<TranscriptEntry>, Error> {
        self.room(sale)?;
        let bytes = self.ledger.draw_entries(sale).await?;
        let entries = bytes.chunks(Entry::LENGTH).map(|bytes| {
            let entry = Entry::read(bytes).ok_or(Error::Corrupt("sales.draw_entries"))?;
            Ok(TranscriptEntry {
                first: entry.first,
                count: entry.count,
                root: to_hex(&entry.root),
            })
        });
        entries.collect()
    }
}

/// Makes the draw if the lobby has closed and it is not made yet.
pub(super) async fn make_if_due(engine: &Engine, room: &Room, state: &State) -> Result<(), Error> {
    let closed_size = state.text("size").and_then(|size| size.parse::<u64>().ok());
    let (Phase::Lobby, Some(size)) = (state.phase()?, closed_size) else {
        return Ok(());
    };
    let Some(beacon) = beacon::value(engine, room, state.number("draw_at")) else {
        return Ok(());
    };
    let sale = &room.row.sale;
    let raw = engine
        .store
        .transcript(sale, state.number("entries"))
        .await?;
    let entries: Vec<Entry> = raw
        .iter()
        .map(|bytes| Entry::read(bytes).ok_or(Error::Corrupt("transcript")))
        .collect::<Result<_, _>>()?;
    let root = transcript::digest(&entries);
    let secret = &room.row.draw_secret;
    let seed = draw::seed(secret, &root, size, &beacon);
    let epoch = state.number("epoch");
    let drawn = Drawn {
        size,
        transcript: to_hex(&root),
        seed: to_hex(&seed),
        beacon: (!beacon.is_empty()).then(|| hex::encode(&beacon)),
    };
    engine
        .ledger
        .keep_draw(sale, epoch, drawn.clone(), entries)
        .await?;
    let first = engine
        .store
        .publish_draw(sale, epoch, &drawn, &to_hex(secret))
        .await?;
    if first {
        tracing::info!(%sale, size, "the draw is made");
    }
    Ok(())
}
