//! The public beacon: a random number that nobody knows before the lobby has closed, mixed into the seed.
//!
//! With it not even an operator who knows the secret can try lobbies until a draw suits. Which value counts is
//! settled by the clock alone: the first one that the beacon publishes after the lobby has closed. It is read
//! as drand's HTTP API gives it (`GET …/public/{round}`: `round`, and `randomness` in hexadecimal). Until it is
//! there the draw waits; it is never made without.

use super::Room;
use crate::{Engine, Error};
use protocol::digest::from_hex;
use serde::Deserialize;
use std::sync::OnceLock;
use std::time::Duration;
use tokio::sync::watch;

/// Until the next try.
const PAUSE: Duration = Duration::from_millis(500);
/// Longest time for one answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// A beacon that publishes a value at regular times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beacon {
    /// Where a value is read; `{round}` stands for its number.
    pub url: String,
    /// When round 1 was published, Unix seconds.
    pub genesis_s: u64,
    /// From one round to the next, seconds; at least 1.
    pub period_s: u64,
}

impl Beacon {
    /// The first round that is published after this moment, Unix ms.
    pub fn round_after(&self, at_ms: u64) -> u64 {
        let since = (at_ms / 1000).saturating_sub(self.genesis_s);
        since / self.period_s.max(1) + 2
    }

    /// As one line, for the ledger.
    pub(crate) fn line(&self) -> String {
        format!("{} {} {}", self.genesis_s, self.period_s, self.url)
    }

    /// Reads such a line; `None` for an empty one, or for what is none.
    pub(crate) fn of_line(line: &str) -> Option<Self> {
        let mut words = line.splitn(3, ' ');
        Some(Self {
            genesis_s: words.next()?.parse().ok()?,
            period_s: words.next()?.parse().ok()?,
            url: words.next()?.to_owned(),
        })
    }
}

/// The value that one draw waits for: asked for once, by a task of its own, so that a slow beacon holds
/// nothing else up.
#[derive(Debug, Default)]
pub(super) struct Awaited(OnceLock<watch::Receiver<Option<[u8; 32]>>>);

#[derive(Deserialize)]
struct Published {
    round: u64,
    randomness: String,
}

/// The bytes that are mixed into the seed: none for a sale without a beacon, `None` while its value is awaited.
pub(super) fn value(engine: &Engine, room: &Room, draw_at: u64) -> Option<Vec<u8>> {
    let Some(beacon) = &room.row.beacon else {
        return Some(Vec::new());
    };
    let coming = room.beacon.0.get_or_init(|| {
        let (found, coming) = watch::channel(None);
        let round = beacon.round_after(draw_at);
        tracing::info!(sale = %room.row.sale, round, "the draw waits for the public beacon");
        engine.spawn(ask_until_there(
            engine.clone(),
            beacon.clone(),
            round,
            found,
        ));
        coming
    });
    let value = *coming.borrow();
    value.map(Vec::from)
}

async fn ask_until_there(
    engine: Engine,
    beacon: Beacon,
    round: u64,
    found: watch::Sender<Option<[u8; 32]>>,
) {
    let asking = async {
        loop {
            match ask(&beacon, round).await {
                Ok(value) => return value,
                Err(error) => tracing::warn!(%error, round, "the beacon has no value yet"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    if let Some(value) = engine.0.stop.run_until_cancelled(asking).await {
        found.send_replace(Some(value));
    }
}

async fn ask(beacon: &Beacon, round: u64) -> Result<[u8; 32], Error> {
    let url = beacon.url.replace("{round}", &round.to_string());
    let client = reqwest::Client::builder().timeout(PATIENCE).build()?;
    let answer = client.get(url).send().await?.error_for_status()?;
    let published: Published = answer.json().await?;
    match from_hex(&published.randomness) {
        Some(value) if published.round == round => Ok(value),
        _ => Err(Error::BeaconUnreadable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_round_that_counts_is_published_after_the_lobby_has_closed() {
        let beacon = Beacon {
            url: String::new(),
            genesis_s: 1000,
            period_s: 30,
        };
        let published_s = |round: u64| beacon.genesis_s + (round - 1) * beacon.period_s;
        for closed_ms in (1_000_000..1_100_000).step_by(777) {
            let round = beacon.round_after(closed_ms);
            assert!(published_s(round) * 1000 > closed_ms);
            // The one before was known when the lobby closed.
            assert!(published_s(round - 1) * 1000 <= closed_ms);
        }
    }

    #[test]
    fn a_beacon_reads_back_and_none_is_none() {
        let beacon = Beacon {
            url: "https://beacon.example/public/{round}".into(),
            genesis_s: 1_692_803_367,
            period_s: 3,
        };
        assert_eq!(Beacon::of_line(&beacon.line()), Some(beacon));
        assert_eq!(Beacon::of_line(""), None);
    }
}
