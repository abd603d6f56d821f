//! A sale's state in Redis as the ledger knows it.

use crate::ledger::SaleRow;
use protocol::Phase;
use protocol::digest::to_hex;

/// The fields of a sale's state in Redis as the ledger knows them. The tail is the one in `row.seen`.
pub(crate) fn meta_of(row: &SaleRow) -> Vec<(&'static str, String)> {
    let phase = match (&row.draw, row.ended_at) {
        (_, Some(_)) => Phase::Closed,
        (Some(_), None) => Phase::Open,
        (None, None) => Phase::Scheduled,
    };
    let drawn = row.draw.as_ref().map_or(0, |draw| draw.size);
    let tail = row.seen.tail.max(drawn);
    let mut meta = vec![
        ("lobby_at", row.lobby_at.to_string()),
        ("opens_at", row.opens_at.to_string()),
        ("draw_at", (row.opens_at + row.fold_in_ms).to_string()),
        ("fold_in", row.fold_in_ms.to_string()),
        ("rate", row.rate.to_string()),
        ("limit", row.limit_per_buyer.to_string()),
        ("frontier_at", row.opens_at.to_string()),
        ("tail", tail.to_string()),
        ("frontier", row.seen.frontier.to_string()),
    ];
    if let (Some(message), None) = (&row.paused, row.ended_at) {
        meta.extend([
            ("phase", Phase::Paused.as_str().to_owned()),
            ("paused_from", phase.as_str().to_owned()),
            ("message", message.clone()),
        ]);
    } else {
        meta.push(("phase", phase.as_str().to_owned()));
    }
    if let Some(draw) = &row.draw {
        meta.extend([
            ("size", draw.size.to_string()),
            ("transcript", draw.transcript.clone()),
            ("secret", to_hex(&row.draw_secret)),
            ("seed", draw.seed.clone()),
        ]);
        meta.extend(draw.beacon.iter().map(|value| ("beacon", value.clone())));
    }
    meta
}
