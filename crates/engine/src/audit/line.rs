//! The line: the draw (8), places and rate (9), and what state alone cannot tell (10, 11).

use super::look::Look;
use super::row::Row;
use crate::redis::Holdings;
use protocol::digest::{sha256, to_hex};
use protocol::snapshot::Draw;
use protocol::transcript::Entry;
use protocol::{Phase, verify};

pub(super) fn draw(look: &Look) -> Row {
    let commitment = to_hex(&sha256(&look.row.draw_secret));
    let mut offenders = Vec::new();
    if look.committed.as_ref().is_some_and(|it| *it != commitment) {
        offenders.push("the secret is not the one that was committed to".to_owned());
    }
    let Some(draw) = &look.row.draw else {
        return Row::unless_broken(8, "the draw is not made yet".to_owned(), offenders);
    };
    let published = Draw {
        commitment: look.committed.clone().unwrap_or(commitment),
        at: look.row.opens_at + look.row.fold_in_ms,
        size: Some(draw.size),
        transcript: Some(draw.transcript.clone()),
        secret: Some(to_hex(&look.row.draw_secret)),
        seed: Some(draw.seed.clone()),
        beacon: draw.beacon.clone(),
        beacon_url: look.row.beacon.as_ref().map(|it| it.url.clone()),
    };
    let entries: Option<Vec<Entry>> = look
        .entries
        .chunks(Entry::LENGTH)
        .map(Entry::read)
        .collect();
    match entries {
        Some(entries) => {
            if let Err(flaw) = verify::draw(&published, &entries) {
                offenders.push(flaw.to_string());
            }
        }
        None => offenders.push("the transcript cannot be read".to_owned()),
    }
    Row::judged(
        8,
        format!("recomputed over {} tickets", draw.size),
        offenders,
    )
}

pub(super) fn places(look: &Look) -> Row {
    const HELD_BY: &str = "that none got worse: line.rs, redis_dies.rs, end2end refresh.spec.ts";
    let redis = match &look.redis {
        Ok(redis) => redis,
        Err(why) => return Row::unless_broken(9, format!("{why}; {HELD_BY}"), Vec::new()),
    };
    let (tail, frontier) = (redis.number("tail"), redis.number("frontier"));
    let mut offenders = Vec::new();
    if frontier > tail {
        offenders.push("the frontier is beyond the tail".to_owned());
    }
    if redis.number("epoch") == look.row.epoch {
        if tail < look.places_end {
            offenders.push(
                "redis has given out fewer numbers than the ledger has owners for".to_owned(),
            );
        }
        if frontier < look.row.seen.frontier {
            offenders.push("the frontier stands behind where it was seen".to_owned());
        }
    }
    let rates = look.rates.iter().filter_map(|rate| rate.parse().ok());
    let rate = rates.chain([u64::from(look.row.rate)]).max().unwrap_or(0);
    let busiest = busiest_second(redis);
    if busiest > rate {
        offenders.push("more passes began within one second than the rate".to_owned());
    }
    let figures = format!(
        "frontier {frontier} of {tail}, at most {busiest} passes in a second at rate {rate}"
    );
    Row::judged(9, format!("{figures}; {HELD_BY}"), offenders)
}

/// Most passes that began within any one second. All last equally long, so their ends tell.
fn busiest_second(redis: &Holdings) -> u64 {
    let mut ends = redis.passes.clone();
    ends.sort_unstable();
    let mut first = 0;
    let mut most = 0;
    for (i, end) in ends.iter().enumerate() {
        while ends[first] + 1000 <= *end {
            first += 1;
        }
        most = most.max(i + 1 - first);
    }
    most as u64
}

pub(super) fn watching() -> Row {
    let why = "no state keeps what a look cost; watching_asks_redis_nothing holds it";
    Row::unless_broken(10, why.to_owned(), Vec::new())
}

pub(super) fn fails_closed(look: &Look) -> Row {
    const HELD_BY: &str = "the rest is history: survival.rs, redis_dies.rs, `make chaos` hold it";
    let redis = match &look.redis {
        Ok(redis) => redis,
        Err(why) => return Row::unless_broken(11, format!("{why}; {HELD_BY}"), Vec::new()),
    };
    let mut offenders = Vec::new();
    let phase = redis.phase().ok();
    if look.row.ended_at.is_some() && phase != Some(Phase::Closed) {
        offenders.push("the sale has ended in the ledger and not in redis".to_owned());
    } else if look.row.paused.is_some() && !matches!(phase, Some(Phase::Paused | Phase::Closed)) {
        offenders.push("the sale is paused in the ledger and not in redis".to_owned());
    }
    let seen = look.row.seen.fence;
    if redis.number("epoch") == seen.epoch && redis.number("seq") < seen.seq {
        offenders.push("redis went back in time within its life".to_owned());
    }
    if redis.number("epoch") > look.row.epoch {
        offenders.push(format!(
            "redis lives in epoch {}, the ledger only in {}: a ledger from an old file",
            redis.number("epoch"),
            look.row.epoch
        ));
    }
    Row::judged(
        11,
        format!("redis does what the ledger says; {HELD_BY}"),
        offenders,
    )
}
