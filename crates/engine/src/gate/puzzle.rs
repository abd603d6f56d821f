//! Giving a challenge out.

use super::caller::Caller;
use super::device::{Who, device};
use super::network;
use super::price::{Circumstances, Price};
use super::score::{Band, Reason, Reasons};
use crate::room::Room;
use crate::{Engine, Error};
use protocol::challenge::{Challenge, MAX_LIFETIME_MS};
use protocol::digest::to_hex;
use protocol::wire::{ChallengeAnswer, ChallengeRequest};
use protocol::{Phase, SaleId};

impl Engine {
    /// A fresh puzzle for someone who wants to join, bound to the sale, the device and, softly, the network.
    pub fn challenge<'a>(
        &self,
        sale: &SaleId,
        request: &ChallengeRequest,
        caller: impl Into<Caller<'a>>,
    ) -> Result<ChallengeAnswer, Error> {
        let room = self.room(sale)?;
        let phase = room.published().snapshot.phase;
        if matches!(phase, Phase::Scheduled | Phase::SoldOut | Phase::Closed) {
            return Err(Error::WrongPhase(phase));
        }
        let gate = &self.settings.gate;
        let now = self.world.now();
        let device = device(&request.device)?;
        let caller = caller.into();
        let crowding = self.crowding(&room, &caller)?;
        let network = network::short_hash(caller.address);
        let who = Who::of(&room.gate.key, sale, &device, &network);
        let suspicion = match self.0.budgets.is_own(caller.address) {
            true => 0,
            false => {
                let crowded = crowding > f64::from(gate.network.suspect_at);
                let reasons = noticed(request, &caller).and(Reason::NetworkCrowded, crowded);
                self.suspicion(&room, who, reasons)
            }
        };
        let price = self.price(suspicion, crowding, &caller);
        let challenge = Challenge {
            sale: sale.clone(),
            epoch: room.epoch(),
            seed: self.world.random(),
            rounds: price.rounds,
            difficulty: price.difficulty,
            suspicion,
            captcha: gate.band(suspicion) > Band::Clear,
            keyless: request.keyless,
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

    /// Counts this caller in its networks' budgets: how much of its own the most crowded of them has used.
    fn crowding(&self, room: &Room, caller: &Caller<'_>) -> Result<f64, Error> {
        let budgets = &self.0.budgets;
        let sale = &room.row.sale;
        let spent = budgets.spend(sale, caller.address, &room.tally, budgets.now());
        spent.map_err(|exhausted| {
            let level = exhausted.level.as_str();
            metrics::counter!("sluice_challenges_refused_total", "network" => level).increment(1);
            Error::Crowded {
                retry_after_ms: exhausted.retry_after_ms,
            }
        })
    }

    /// What a ticket costs this caller. Suspicion that is clear has no consequence.
    fn price(&self, suspicion: u8, crowding: f64, caller: &Caller<'_>) -> Price {
        let gate = &self.settings.gate;
        let load = self.0.load.count(self.0.budgets.now());
        let found = Circumstances {
            suspicion: match gate.band(suspicion) {
                Band::Clear => 0,
                Band::Grey | Band::Dark => suspicion,
            },
            crowding,
            load: load / f64::from(gate.price.calm_per_s),
            device: caller.device,
        };
        let price = Price::of(gate, &found);
        metrics::histogram!("sluice_challenge_price")
            .record(price.work() / Price::usual(gate).work());
        price
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
