//! What lies between a challenge and its join: steps that no browser takes in this order, at this place or pace.
//!
//! It is seen only when the join is there, so it is added to what was sealed. Where the sum leads out of the clear band
//! the challenge does not count, and a fresh one is to be asked for: where the join comes from, with what there is of a
//! key. Our page gets one by itself, so a phone that leaves its Wi-Fi in the middle solves once more at most; who has
//! proofs solved elsewhere uses up the budget of the network in which they are used. Who has solved a CAPTCHA is let in.

use super::device::Who;
use super::network;
use super::score::{Band, Reason, Reasons};
use crate::settings::PriceSettings;
use crate::{Engine, Error};
use protocol::SaleId;
use protocol::challenge::Challenge;
use std::net::IpAddr;

/// Work varies: sixteen rounds take less than a quarter of their mean once in 200,000 proofs.
const LUCK: f64 = 0.25;

impl Engine {
    /// What this join shows, `keyed` or not, from this address.
    pub(super) fn noticed_at_join(
        &self,
        challenge: &Challenge,
        keyed: bool,
        from: IpAddr,
    ) -> Reasons {
        let took = self.world.now().saturating_sub(challenge.not_before);
        let least = least_ms(challenge, &self.settings.gate.price);
        let moved = challenge.network != network::short_hash(from);
        Reasons::default()
            .and(Reason::NetworkMoved, moved)
            .and(Reason::SolvedTooSoon, took < least)
            .and(Reason::KeyWithheld, !keyed && !challenge.keyless)
    }

    /// Does it lead out of the clear band, with what was sealed? If so it is noted for the operator.
    pub(super) fn is_doubted(
        &self,
        sale: &SaleId,
        challenge: &Challenge,
        noticed: Reasons,
        from: IpAddr,
    ) -> Result<bool, Error> {
        if noticed.is_empty() || self.0.budgets.is_own(from) {
            return Ok(false);
        }
        let gate = &self.settings.gate;
        let more = gate.weights.suspicion(noticed);
        let suspicion = challenge.suspicion.saturating_add(more).min(100);
        let band = gate.band(suspicion);
        if band == Band::Clear {
            return Ok(false);
        }
        let room = self.room(sale)?;
        let who = Who::of(&room.gate.key, sale, &challenge.device, &challenge.network);
        if room.gate.is_cleared(who) {
            return Ok(false);
        }
        room.gate
            .note(who, noticed, suspicion, band, self.world.now());
        Ok(true)
    }
}

/// The shortest time that this work takes a browser, ms; 0 where the fastest ones need less than one.
fn least_ms(challenge: &Challenge, settings: &PriceSettings) -> u64 {
    let hashes = f64::from(challenge.rounds) * f64::from(challenge.difficulty).exp2();
    let seconds = LUCK * hashes / f64::from(settings.fastest_hashes_per_s);
    (seconds * 1000.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::tests::gate_settings;
    use proptest::prelude::*;

    fn challenge(rounds: u8, difficulty: u8) -> Challenge {
        Challenge {
            sale: SaleId::parse("test").unwrap(),
            epoch: 1,
            seed: [0; 32],
            rounds,
            difficulty,
            suspicion: 0,
            captcha: false,
            keyless: false,
            device: [0; 32],
            network: [0; 8],
            not_before: 0,
            expires_at: 1,
        }
    }

    #[test]
    fn the_usual_work_may_come_back_at_once_and_the_dearest_may_not() {
        let price = gate_settings().price;
        assert_eq!(least_ms(&challenge(16, 14), &price), 0);
        // Two seconds of a desktop.
        assert_eq!(least_ms(&challenge(20, 19), &price), 13);
    }

    proptest! {
        #[test]
        fn more_work_never_takes_less_and_any_browser_takes_longer(rounds in 1u8..64, difficulty in 0u8..32, speed in 1.0..60e6) {
            let price = gate_settings().price;
            let least = least_ms(&challenge(rounds, difficulty), &price);
            prop_assert!(least <= least_ms(&challenge(rounds + 1, difficulty), &price));
            prop_assert!(least <= least_ms(&challenge(rounds, difficulty + 1), &price));
            let mean_ms = f64::from(rounds) * f64::from(difficulty).exp2() / speed * 1000.0;
            prop_assert!(least as f64 * 13.0 <= mean_ms);
        }
    }
}
