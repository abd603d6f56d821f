//! Budgets and prices against crowds, with seeds for chance and a count of milliseconds for time.

use super::price::{Circumstances, Price};
use super::tests::{gate_settings, network_settings};
use super::{Budgets, DeviceClass, Load, Tally};
use crate::{GateSettings, PriceSettings};
use protocol::SaleId;
use protocol::codec::Keyring;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Somebody with a device, and how much luck they will have.
#[derive(Clone, Copy)]
struct Person {
    address: IpAddr,
    device: DeviceClass,
    hashes_per_s: f64,
    luck: u64,
}

/// One edge, without anything but its gate.
struct Gate {
    sale: SaleId,
    settings: GateSettings,
    budgets: Budgets,
    load: Load,
    tally: Tally,
}

impl Gate {
    fn new(settings: GateSettings) -> Self {
        Self {
            sale: SaleId::parse("one").unwrap(),
            budgets: Budgets::new(&network_settings(), &Keyring::new((1, [7; 32]))),
            load: Load::default(),
            tally: Tally::default(),
            settings,
        }
    }

    /// The price for whoever asks, or in how many ms they may ask again.
    fn asks(&self, who: &Person, now: u64) -> Result<Price, u64> {
        let spent = self
            .budgets
            .spend(&self.sale, who.address, &self.tally, now);
        let crowding = spent.map_err(|exhausted| exhausted.retry_after_ms)?;
        let calm = f64::from(self.settings.price.calm_per_s);
        let found = Circumstances {
            suspicion: 0,
            crowding,
            load: self.load.count(now) / calm,
            device: who.device,
        };
        Ok(Price::of(&self.settings, &found))
    }
}

/// Seconds until the proof is found: each round takes as long as it happens to take.
fn solving(who: &Person, price: Price) -> f64 {
    let mut luck = StdRng::seed_from_u64(who.luck);
    let tries: f64 = (0..price.rounds)
        .map(|_| -luck.random_range(f64::EPSILON..1.0).ln() * f64::from(price.difficulty).exp2())
        .sum();
    tries / who.hashes_per_s
}

/// Three in five with a phone; nobody slower than the configured device of the class.
fn person(rng: &mut StdRng, address: IpAddr) -> Person {
    let is_phone = rng.random_bool(0.6);
    let (device, slowest) = match is_phone {
        true => (DeviceClass::Phone, 1.5e6),
        false => (DeviceClass::Desktop, 5e6),
    };
    Person {
        address,
        device,
        hashes_per_s: slowest * rng.random_range(1.0..8.0),
        luck: rng.random(),
    }
}

/// An address of one of 65,536 blocks of IPv4, or of as many sites of IPv6.
fn anywhere(rng: &mut StdRng) -> IpAddr {
    let [a, b, c, d] = rng.random();
    match rng.random_bool(0.5) {
        true => Ipv4Addr::new(20, a, b, c).into(),
        false => {
            let site = u16::from_be_bytes([a, b]);
            let link = u16::from_be_bytes([c, d]);
            Ipv6Addr::new(0x2001, 0xdb8, site, link, 0, 0, 0, 1).into()
        }
    }
}

fn quantile(mut values: Vec<f64>, part: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[(values.len() as f64 * part) as usize]
}

/// People who ask for a challenge each 5 ms, the same people every 15 s, for 180 s; between 60 s and 120 s nine bots
/// ask beside each of them. What the honest had to do, in seconds, by the second they came in, and what bots were given.
struct Flood {
    honest: Vec<(u64, f64)>,
    refused_honest: usize,
    bots: Vec<Price>,
    refused_bots: usize,
}

impl Flood {
    fn from(bot: impl Fn(&mut StdRng) -> IpAddr) -> Self {
        let mut rng = StdRng::seed_from_u64(6);
        let people: Vec<Person> = (0..3000)
            .map(|_| {
                let address = anywhere(&mut rng);
                person(&mut rng, address)
            })
            .collect();
        let settings = gate_settings();
        let gate = Gate::new(GateSettings {
            price: PriceSettings {
                calm_per_s: 200,
                ..settings.price.clone()
            },
            ..settings
        });
        let mut seen = Self {
            honest: Vec::new(),
            refused_honest: 0,
            bots: Vec::new(),
            refused_bots: 0,
        };
        for (at, who) in (0..180_000).step_by(5).zip(people.iter().cycle()) {
            match gate.asks(who, at) {
                Ok(price) => seen.honest.push((at / 1000, solving(who, price))),
                Err(_) => seen.refused_honest += 1,
            }
            for _ in 0..if (60_000..120_000).contains(&at) {
                9
            } else {
                0
            } {
                let address = bot(&mut rng);
                match gate.asks(&person(&mut rng, address), at) {
                    Ok(price) => seen.bots.push(price),
                    Err(_) => seen.refused_bots += 1,
                }
            }
        }
        seen
    }

    fn p95(&self, seconds: std::ops::Range<u64>) -> f64 {
        let during = self.honest.iter().filter(|(at, _)| seconds.contains(at));
        quantile(during.map(|(_, took)| *took).collect(), 0.95)
    }

    fn spares_the_honest(&self) {
        let calm = self.p95(30..60);
        assert!(calm < 1.5, "{calm} s");
        let (flood, after) = (self.p95(60..120), self.p95(150..180));
        assert!(
            flood <= 1.25 * calm,
            "{flood} s in the flood, {calm} s before"
        );
        assert!(
            after <= 1.01 * calm,
            "{after} s half a minute later, {calm} s before"
        );
        let asked = self.honest.len() + self.refused_honest;
        assert!(
            self.refused_honest * 200 <= asked,
            "{} refused",
            self.refused_honest
        );
    }

    /// What bots paid, in times of the usual price.
    fn mean_price(&self) -> f64 {
        let usual = Price::usual(&gate_settings()).work();
        let work: f64 = self.bots.iter().map(|price| price.work()).sum();
        work / usual / self.bots.len() as f64
    }
}

#[test]
fn a_tenfold_flood_from_few_networks_is_priced_and_refused_there_and_nowhere_else() {
    let flood =
        Flood::from(|rng| Ipv4Addr::new(198, 51, rng.random_range(0..5), rng.random()).into());
    flood.spares_the_honest();
    assert!(flood.mean_price() > 5.0, "{}", flood.mean_price());
    assert!(
        flood.refused_bots > flood.bots.len(),
        "{}",
        flood.bots.len()
    );
}

#[test]
fn a_tenfold_flood_from_everywhere_costs_everybody_a_fifth_and_is_forgotten_within_half_a_minute() {
    let flood = Flood::from(anywhere);
    flood.spares_the_honest();
    assert!(flood.p95(70..120) > 1.1 * flood.p95(30..60));
    // Nothing tells these bots from people; that is what this layer does not do.
    assert!(flood.mean_price() < 1.3, "{}", flood.mean_price());
}

/// 2,000 people behind one address of a carrier, within so many ms.
fn carrier(within: u64) -> (usize, Vec<f64>) {
    let mut rng = StdRng::seed_from_u64(64);
    let gate = Gate::new(gate_settings());
    let mut took = Vec::new();
    for n in 0..2000 {
        let who = person(&mut rng, Ipv4Addr::new(100, 64, 0, 1).into());
        if let Ok(price) = gate.asks(&who, n * within / 2000) {
            took.push(solving(&who, price));
        }
    }
    (2000 - took.len(), took)
}

#[test]
fn two_thousand_people_behind_one_address_of_a_carrier_get_through() {
    for within in [60_000, 1000] {
        let (refused, took) = carrier(within);
        assert!(refused <= 20, "{refused} of 2,000 within {within} ms");
        let slowest = quantile(took, 0.99);
        assert!(slowest < 6.0, "{slowest} s within {within} ms");
    }
}

#[test]
fn who_moves_to_another_link_each_time_pays_for_their_site() {
    let mut rng = StdRng::seed_from_u64(128);
    let gate = Gate::new(gate_settings());
    let usual = Price::usual(&gate_settings()).work();
    let mut prices = Vec::new();
    for n in 0..5000 {
        let link = rng.random();
        let address = Ipv6Addr::new(0x2001, 0xdb8, 7, link, 0, 0, 0, 1).into();
        if let Ok(price) = gate.asks(&person(&mut rng, address), n) {
            prices.push(price.work() / usual);
        }
    }
    // 5 budgets of a /48, and what came back within 5 s.
    assert!((2500..=2505).contains(&prices.len()), "{}", prices.len());
    assert!(prices[..100].iter().all(|times| *times < 1.3));
    assert!(
        prices[2400..].iter().all(|times| *times > 8.0),
        "{:?}",
        prices.last()
    );
}

#[test]
fn a_refused_network_is_served_again_and_its_neighbours_were_all_along() {
    let gate = Gate::new(gate_settings());
    let at = |a: u8, b: u8| Person {
        address: Ipv4Addr::new(203, 0, a, b).into(),
        device: DeviceClass::Desktop,
        hashes_per_s: 1e7,
        luck: 0,
    };
    let given = (0..3000)
        .filter(|_| gate.asks(&at(113, 1), 0).is_ok())
        .count();
    assert_eq!(given, 2500);
    assert!(gate.asks(&at(113, 2), 0).is_ok(), "the block has room");
    let wait = gate.asks(&at(113, 1), 0).unwrap_err();
    assert!((1000..=15_000).contains(&wait), "{wait}");
    assert!(gate.asks(&at(113, 1), wait).is_ok());
    let far = gate.asks(&at(114, 1), wait).unwrap();
    assert_eq!(far, Price::usual(&gate_settings()));
}
