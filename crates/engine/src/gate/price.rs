//! What a ticket costs whom: rounds and bits from the circumstances, and nothing else.
//!
//! What speaks against a client comes first: how crowded its networks are, and its suspicion. What the whole edge has
//! to bear comes second, and asks everybody for a fifth more at most. Whole bits would double a price, so what lies
//! between them is made of rounds.
//!
//! A device is asked for as much of its time as is bearable. What it is, it says itself, and a bot says what is
//! cheapest. That is why a phone may be asked for three times as long as a desktop: times and speeds differ by nearly
//! the same factor, in hashes the two limits are nearly one, and the claim is worth about a tenth of the highest price
//! and nothing of the usual one.

use crate::settings::{GateSettings, PriceSettings};
use protocol::proof::MAX_ROUNDS;

/// Most bits of a round.
const MAX_DIFFICULTY: u8 = 32;
/// What a device may be asked for when nothing speaks against it, s on average.
const PHONE_S: f64 = 1.5;
const DESKTOP_S: f64 = 0.5;
/// So many times as long when something does.
const PATIENCE: f64 = 4.0;
/// How much more everybody is asked for at the highest load.
const LOAD_SHARE: f64 = 0.2;
/// The highest load that makes a difference, in times of the calm one.
const FLOOD: f64 = 10.0;
/// So many points of suspicion double the price.
const DOUBLES: f64 = 20.0;

/// What a shopper joins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceClass {
    /// A phone, by its own account.
    Phone,
    /// Anything else.
    Desktop,
}

impl DeviceClass {
    /// Hashes that it may be asked for when nothing speaks against it.
    fn bearable(self, settings: &PriceSettings) -> f64 {
        match self {
            Self::Phone => PHONE_S * f64::from(settings.phone_hashes_per_s),
            Self::Desktop => DESKTOP_S * f64::from(settings.desktop_hashes_per_s),
        }
    }
}

/// What a price follows from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Circumstances {
    /// What speaks against the client itself, 0 to 100.
    pub(super) suspicion: u8,
    /// How much of its budget the most crowded of its networks has used.
    pub(super) crowding: f64,
    /// Challenges a second on this edge, in times of what is calm.
    pub(super) load: f64,
    /// What it says it is.
    pub(super) device: DeviceClass,
}

/// What a ticket costs its shopper: `rounds * 2^difficulty` hashes on average. Sealed into the challenge, so whoever
/// was given a price pays that one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Price {
    pub(super) rounds: u8,
    pub(super) difficulty: u8,
}

impl Price {
    /// The price under these circumstances. A difficulty of 0 asks nobody for work.
    pub(super) fn of(gate: &GateSettings, found: &Circumstances) -> Self {
        let usual = Self::usual(gate);
        if usual.difficulty == 0 {
            return usual;
        }
        // What was configured is asked for, whatever a device can bear.
        let bearable = found.device.bearable(&gate.price).max(usual.work());
        let strain = ((found.load - 1.0) / (FLOOD - 1.0)).clamp(0.0, 1.0);
        let calm = (usual.work() * (1.0 + LOAD_SHARE * strain)).min(bearable);
        // While the edge is strained a budget is worth half, so that the crowded pay before everybody does.
        let crowding = (found.crowding * (1.0 + strain)).max(1.0);
        let doublings = f64::from(found.suspicion.min(100)) / DOUBLES;
        let risk = crowding * crowding * doublings.exp2();
        usual.dearer((calm * risk).min(PATIENCE * bearable))
    }

    /// The same for everybody.
    pub(super) fn usual(gate: &GateSettings) -> Self {
        Self {
            rounds: gate.rounds,
            difficulty: gate.difficulty,
        }
    }

    /// Hashes on average.
    pub(super) fn work(self) -> f64 {
        f64::from(self.rounds) * f64::from(self.difficulty).exp2()
    }

    /// The price nearest to `work` and not above it; never below this one.
    fn dearer(self, work: f64) -> Self {
        let most = f64::from(self.rounds.saturating_mul(2).min(MAX_ROUNDS));
        let mut difficulty = self.difficulty;
        loop {
            let rounds = (work / f64::from(difficulty).exp2()).floor();
            if rounds <= most || difficulty == MAX_DIFFICULTY {
                return Self {
                    rounds: (rounds.min(most) as u8).max(1),
                    difficulty,
                }
                .max(self);
            }
            difficulty += 1;
        }
    }

    fn max(self, other: Self) -> Self {
        match self.work() >= other.work() {
            true => self,
            false => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::tests::gate_settings;
    use proptest::prelude::*;

    const CALM: Circumstances = Circumstances {
        suspicion: 0,
        crowding: 0.0,
        load: 0.0,
        device: DeviceClass::Phone,
    };

    fn price(found: Circumstances) -> Price {
        Price::of(&gate_settings(), &found)
    }

    prop_compose! {
        fn any_circumstances()(
            suspicion in 0u8..=100, crowding in 0.0..6.0, load in 0.0..1000.0, is_phone: bool,
        ) -> Circumstances {
            let device = if is_phone { DeviceClass::Phone } else { DeviceClass::Desktop };
            Circumstances { suspicion, crowding, load, device }
        }
    }

    proptest! {
        #[test]
        fn worse_circumstances_are_never_cheaper(
            found in any_circumstances(), more in 0u8..50, fuller in 0.0..2.0, busier in 0.0..10.0,
        ) {
            let worse = Circumstances {
                suspicion: found.suspicion + more,
                crowding: found.crowding + fuller,
                load: found.load + busier,
                ..found
            };
            prop_assert!(price(worse).work() >= price(found).work());
            prop_assert!(price(found).work() >= price(CALM).work());
        }

        #[test]
        fn no_device_is_asked_for_more_than_it_bears(found in any_circumstances()) {
            let gate = gate_settings();
            let bearable = found.device.bearable(&gate.price);
            prop_assert!(price(found).work() <= PATIENCE * bearable);
            let innocent = Circumstances { suspicion: 0, crowding: found.crowding.min(0.5), ..found };
            prop_assert!(price(innocent).work() <= bearable);
        }

        #[test]
        fn everybodys_share_of_a_flood_is_a_fifth(load in 0.0..1e9) {
            let found = Circumstances { load, ..CALM };
            prop_assert!(price(found).work() <= 1.2 * price(CALM).work());
        }

        #[test]
        fn pretending_to_be_a_phone_saves_a_tenth_at_most(found in any_circumstances()) {
            let phone = price(Circumstances { device: DeviceClass::Phone, ..found }).work();
            let desktop = price(Circumstances { device: DeviceClass::Desktop, ..found }).work();
            // Rounds are whole ones: up to a sixteenth less.
            prop_assert!(phone >= 0.9 * desktop * (1.0 - 1.0 / 16.0), "{} of {}", phone, desktop);
        }

        #[test]
        fn a_price_is_one_that_an_edge_accepts(
            rounds in 1u8..=MAX_ROUNDS, difficulty in 0u8..=MAX_DIFFICULTY, found in any_circumstances(),
        ) {
            let gate = GateSettings { rounds, difficulty, ..gate_settings() };
            let price = Price::of(&gate, &found);
            prop_assert!((1..=MAX_ROUNDS).contains(&price.rounds), "{:?}", price);
            prop_assert!(price.difficulty <= MAX_DIFFICULTY, "{:?}", price);
            prop_assert!(price.work() >= Price::usual(&gate).work(), "{:?}", price);
        }

        #[test]
        fn prices_lie_between_whole_bits(times in 1.0..30.0) {
            let usual = Price::usual(&gate_settings());
            let asked = usual.work() * times;
            let given = usual.dearer(asked).work();
            prop_assert!(given <= asked && given >= asked * (1.0 - 1.0 / 16.0), "{} for {}", given, asked);
        }
    }

    #[test]
    fn the_usual_price_is_the_configured_one_and_zero_asks_nobody() {
        let gate = gate_settings();
        assert_eq!(price(CALM), Price::usual(&gate));
        let free = GateSettings {
            difficulty: 0,
            ..gate
        };
        let worst = Circumstances {
            suspicion: 100,
            crowding: 5.0,
            load: 100.0,
            ..CALM
        };
        assert_eq!(Price::of(&free, &worst), Price::usual(&free));
    }

    #[test]
    fn in_calm_a_slow_phone_takes_less_than_1_5_s_and_a_slow_desktop_less_than_half_a_second() {
        let settings = gate_settings().price;
        let seconds =
            |device, speed: u32| price(Circumstances { device, ..CALM }).work() / f64::from(speed);
        assert!(seconds(DeviceClass::Phone, settings.phone_hashes_per_s) <= PHONE_S);
        assert!(seconds(DeviceClass::Desktop, settings.desktop_hashes_per_s) <= DESKTOP_S);
    }
}
