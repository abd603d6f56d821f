//! Giving a challenge out.

use super::caller::Caller;
use super::device::{Who, device};
use super::network;
use super::score::{Band, Reason, Reasons};
use crate::room::Room;
use crate::settings::GateSettings;
use crate::{Engine, Error};
use protocol::challenge::{Challenge, MAX_LIFETIME_MS};
use protocol::digest::to_hex;
use protocol::wire::{ChallengeAnswer, ChallengeRequest};
use protocol::{Phase, SaleId};

/// What a ticket costs its shopper: `rounds * 2^difficulty` hashes on average. Sealed into the challenge, so whoever
/// was given a price pays that one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Price {
    rounds: u8,
    difficulty: u8,
}

impl Price {
    /// The usual one, and twice or four times as much for who is suspicious.
    fn of(gate: &GateSettings, suspicion: u8) -> Self {
        let more = match gate.band(suspicion) {
            Band::Clear => 0,
            Band::Grey => 1,
            Band::Dark => 2,
        };
        Self {
            rounds: gate.rounds,
            difficulty: (gate.difficulty + more).min(32),
        }
    }
}

impl Engine {
    /// A fresh puzzle for someone who wants to join, bound to the sale, the device and, softly, the network.
    pub fn challenge(
        &self,
        sale: &SaleId,
        request: &ChallengeRequest,
        caller: &Caller<'_>,
    ) -> Result<ChallengeAnswer, Error> {
        let room = self.room(sale)?;
        let phase = room.published().snapshot.phase;
        if matches!(phase, Phase::Scheduled | Phase::SoldOut | Phase::Closed) {
            return Err(Error::WrongPhase(phase));
        }
        let gate = &self.settings.gate;
        let now = self.world.now();
        let device = device(&request.device)?;
        let network = network::prefix(caller.from);
        let who = Who::of(&room.gate.key, sale, &device, &network);
        let suspicion = self.suspicion(&room, who, noticed(request, caller));
        let price = Price::of(gate, suspicion);
        let challenge = Challenge {
            sale: sale.clone(),
            epoch: room.epoch(),
            seed: self.world.random(),
            rounds: price.rounds,
            difficulty: price.difficulty,
            suspicion,
            captcha: gate.band(suspicion) > Band::Clear,
            device,
            network,
            not_before: now,
            expires_at: now + gate.challenge_ttl_ms.min(MAX_LIFETIME_MS),
        };
        Ok(ChallengeAnswer {
            challenge: challenge.seal(&self.keys),
            seed: to_hex(&challenge.seed),
            rounds: challenge.rounds,
            difficulty: challenge.difficulty,
            expires_at: challenge.expires_at,
            captcha: challenge.captcha,
        })
    }

    /// How suspicious this is, with what the edge remembers of them; a decision above the clear band is noted.
    fn suspicion(&self, room: &Room, who: Who, reasons: Reasons) -> u8 {
        let (gate, now) = (&self.settings.gate, self.world.now());
        let crowded = room.gate.count(who, now) > gate.device_crowd;
        let reasons = reasons.and(Reason::DeviceCrowded, crowded);
        if room.gate.is_cleared(who) {
            return 0;
        }
        let suspicion = gate.weights.suspicion(reasons);
        let band = gate.band(suspicion);
        if band > Band::Clear {
            room.gate.note(who, reasons, suspicion, band, now);
        }
        suspicion
    }
}

/// What the request itself shows.
fn noticed(request: &ChallengeRequest, caller: &Caller<'_>) -> Reasons {
    let fell = caller.strayed || !request.website.is_empty();
    let reasons = Reasons::of_headers(&caller.headers)
        .and(Reason::SignalsRefused, request.device.is_empty())
        .and(Reason::NoKey, request.keyless)
        .and(Reason::Honeypot, fell);
    let marks = request.marks.iter();
    marks.fold(reasons, |all, mark| all.and((*mark).into(), true))
}
