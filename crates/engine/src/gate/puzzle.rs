//! Giving a challenge out.

use super::price::{Circumstances, Price};
use super::{Client, network};
use crate::room::Room;
use crate::{Engine, Error};
use protocol::challenge::{Challenge, MAX_LIFETIME_MS};
use protocol::digest::{Digest, from_hex, to_hex};
use protocol::wire::{ChallengeAnswer, ChallengeRequest};
use protocol::{Phase, SaleId};

impl Engine {
    /// A fresh puzzle for someone who wants to join, bound to the sale, the device and, softly, the network.
    pub fn challenge(
        &self,
        sale: &SaleId,
        request: &ChallengeRequest,
        from: impl Into<Client>,
    ) -> Result<ChallengeAnswer, Error> {
        let room = self.room(sale)?;
        let phase = room.published().snapshot.phase;
        if matches!(phase, Phase::Scheduled | Phase::SoldOut | Phase::Closed) {
            return Err(Error::WrongPhase(phase));
        }
        let device = device(&request.device)?;
        let from = from.into();
        let price = self.price(&room, &from)?;
        let gate = &self.settings.gate;
        let now = self.world.now();
        let challenge = Challenge {
            sale: sale.clone(),
            epoch: room.epoch(),
            seed: self.world.random(),
            rounds: price.rounds,
            difficulty: price.difficulty,
            device,
            network: network::short_hash(from.address),
            not_before: now,
            expires_at: now + gate.challenge_ttl_ms.min(MAX_LIFETIME_MS),
        };
        Ok(ChallengeAnswer {
            challenge: challenge.seal(&self.keys),
            seed: to_hex(&challenge.seed),
            rounds: challenge.rounds,
            difficulty: challenge.difficulty,
            expires_at: challenge.expires_at,
        })
    }

    /// What a ticket costs this client now. Counts it in its networks' budgets.
    fn price(&self, room: &Room, from: &Client) -> Result<Price, Error> {
        let budgets = &self.0.budgets;
        let now = budgets.now();
        let spent = budgets.spend(&room.row.sale, from.address, &room.tally, now);
        let crowding = spent.map_err(|exhausted| {
            let level = exhausted.level.as_str();
            metrics::counter!("sluice_challenges_refused_total", "network" => level).increment(1);
            Error::Crowded {
                retry_after_ms: exhausted.retry_after_ms,
            }
        })?;
        let gate = &self.settings.gate;
        let found = Circumstances {
            suspicion: 0,
            crowding,
            load: self.0.load.count(now) / f64::from(gate.price.calm_per_s),
            device: from.device,
        };
        let price = Price::of(gate, &found);
        metrics::histogram!("sluice_challenge_price")
            .record(price.work() / Price::usual(gate).work());
        Ok(price)
    }
}

/// The hash of a device's signals.
pub(super) fn device(text: &str) -> Result<Digest, Error> {
    from_hex(text).ok_or(Error::Unprocessable("device is 64 hexadecimal digits"))
}
