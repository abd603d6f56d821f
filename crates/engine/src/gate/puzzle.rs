//! Giving a challenge out.

use super::network;
use crate::settings::GateSettings;
use crate::{Engine, Error};
use protocol::challenge::{Challenge, MAX_LIFETIME_MS};
use protocol::digest::{Digest, from_hex, to_hex};
use protocol::wire::{ChallengeAnswer, ChallengeRequest};
use protocol::{Phase, SaleId};
use std::net::IpAddr;

/// What a ticket costs its shopper: `rounds * 2^difficulty` hashes on average. Sealed into the challenge, so whoever
/// was given a price pays that one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Price {
    rounds: u8,
    difficulty: u8,
}

impl Price {
    /// The same for everybody.
    fn usual(gate: &GateSettings) -> Self {
        Self {
            rounds: gate.rounds,
            difficulty: gate.difficulty,
        }
    }
}

impl Engine {
    /// A fresh puzzle for someone who wants to join, bound to the sale, the device and, softly, the network.
    pub fn challenge(
        &self,
        sale: &SaleId,
        request: &ChallengeRequest,
        from: IpAddr,
    ) -> Result<ChallengeAnswer, Error> {
        let room = self.room(sale)?;
        let phase = room.published().snapshot.phase;
        if matches!(phase, Phase::Scheduled | Phase::SoldOut | Phase::Closed) {
            return Err(Error::WrongPhase(phase));
        }
        let gate = &self.settings.gate;
        let price = Price::usual(gate);
        let now = self.world.now();
        let challenge = Challenge {
            sale: sale.clone(),
            epoch: room.epoch(),
            seed: self.world.random(),
            rounds: price.rounds,
            difficulty: price.difficulty,
            device: device(&request.device)?,
            network: network::prefix(from),
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
}

/// The hash of a device's signals.
pub(super) fn device(text: &str) -> Result<Digest, Error> {
    from_hex(text).ok_or(Error::Unprocessable("device is 64 hexadecimal digits"))
}
