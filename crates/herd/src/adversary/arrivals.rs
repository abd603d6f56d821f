//! Who comes to a contest, from where and looking how: drawn from the seed before the first request.

use super::attackers::{Attacker, Look, Network, PERSON, Reader, Trick};
use super::browsers::{ANDROID, Browser, DESKTOP, FIREFOX, PHONE, PROGRAM};
use super::layers::{FULL_SIZE, HOST};
use crate::guise::{Guise, Key};
use anyhow::{Result, anyhow};
use protocol::digest::{tagged, to_hex};
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

/// Honest people press Join within this time.
const WITHIN: Duration = Duration::from_secs(1);
/// Share with an IPv4 address in a network of their own.
const OWN_V4: f64 = 0.8;
/// Share behind the one address of a carrier (CGNAT): 2,000 people at full size.
const BEHIND_ONE: f64 = 0.02;
/// Phones that a mobile carrier has in a /48 of IPv6, at full size, as `Leptos.toml` says of budgets: the rest of the crowd.
const IN_A_SITE: f64 = 2000.0;
/// Share that gives no signals, and share whose browser has no key.
const NO_SIGNALS: f64 = 0.02;
const NO_KEY: f64 = 0.01;
/// Kinds of phones: those of one kind have the same signals.
const KINDS: u32 = 20;
/// Challenges that an honest person asks for, when the answers to a CAPTCHA were wrong three times.
const PATIENCE: u32 = 3;

/// Somebody, or a bot.
#[derive(Debug)]
pub struct Arrival {
    /// One of the honest.
    pub honest: bool,
    /// Which one, from 0, bots after the honest.
    pub index: u32,
    /// Where it comes from.
    pub address: IpAddr,
    /// User agent and what goes with it.
    pub browser: Browser,
    /// The hash of the device's signals; empty for who gives none.
    pub device: String,
    /// It has a key.
    pub keyed: bool,
    /// It presses Join so long after the others may.
    pub press: Duration,
    /// Who answers its CAPTCHAs.
    pub reader: Reader,
    /// Challenges that it asks for at most.
    pub patience: u32,
    /// What it does beside.
    pub trick: Trick,
    /// For what is left to chance in its journey.
    pub dice: u64,
}

impl Arrival {
    /// How its requests look; a new key each time.
    pub fn guise(&self) -> Result<Guise> {
        let origin = format!("https://{HOST}");
        let key = self.keyed.then(|| Key::new(&origin)).transpose();
        let mut headers = vec![("x-forwarded-for", self.address.to_string())];
        let said = self.browser.0.iter();
        headers.extend(said.map(|(name, value)| (*name, (*value).to_owned())));
        Ok(Guise {
            headers,
            key: key.map_err(|_| anyhow!("no key can be made"))?,
        })
    }

    /// How the requests of whoever buys a copy of its ticket look: another person elsewhere, without its key.
    pub fn customer(&self) -> Guise {
        let [_, b, c, _] = (self.dice as u32).to_be_bytes();
        let address = Ipv4Addr::new(100, b, c, 1).to_string();
        let said = PHONE.0.iter();
        let said = said.map(|(name, value)| (*name, (*value).to_owned()));
        Guise {
            headers: said.chain([("x-forwarded-for", address)]).collect(),
            key: None,
        }
    }
}

/// Everybody who comes to one contest: the honest, and as many bots.
pub fn everybody(attacker: &Attacker, honest: u32, seed: u64) -> Vec<Arrival> {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut all = crowd(honest, &mut rng);
    all.extend(bots(attacker, honest, &mut rng));
    // Nobody is first because of who they are: only bots press sooner.
    all.shuffle(&mut rng);
    all
}

fn crowd(honest: u32, rng: &mut StdRng) -> Vec<Arrival> {
    let count = |share: f64| (f64::from(honest) * share).round() as u32;
    let (own, one) = (count(OWN_V4), count(BEHIND_ONE));
    let in_a_site = (IN_A_SITE * f64::from(honest) / FULL_SIZE).max(1.0) as u32;
    let start: u32 = rng.random();
    let site: u16 = rng.random();
    let mut order: Vec<u32> = (0..honest).collect();
    order.shuffle(rng);
    let no_signals = count(NO_SIGNALS);
    let no_key = count(NO_KEY);
    (0..honest)
        .zip(order)
        .map(|(index, place)| {
            let (address, browser) = if index < own {
                let browser = *pick(&[PHONE, ANDROID, DESKTOP, FIREFOX], rng);
                (in_block(20, start, index, rng.random()), browser)
            } else if index < own + one {
                let browser = *pick(&[PHONE, ANDROID], rng);
                (in_block(60, start, 0, 1), browser)
            } else {
                let nth = ((index - own - one) / in_a_site) as u16;
                let link = rng.random();
                let address = Ipv6Addr::new(0x2a00, site, nth, link, 0, 0, 0, rng.random());
                (address.into(), *pick(&[PHONE, ANDROID], rng))
            };
            let is_phone =
                matches!(browser.0.first(), Some((_, agent)) if agent.contains("Mobile"));
            // Phones of one kind are all alike; desktops differ.
            let kind = rng.random_range(0..KINDS);
            let device = if place < no_signals {
                String::new()
            } else if is_phone {
                device_of("phone", kind.into())
            } else {
                device_of("desktop", rng.random())
            };
            Arrival {
                honest: true,
                index,
                address,
                browser,
                device,
                // Others than those without signals, as far as there are others.
                keyed: !(no_signals..no_signals + no_key).contains(&place),
                press: WITHIN.mul_f64(rng.random()),
                reader: PERSON,
                patience: PATIENCE,
                trick: Trick::None,
                dice: rng.random(),
            }
        })
        .collect()
}

fn bots(attacker: &Attacker, count: u32, rng: &mut StdRng) -> Vec<Arrival> {
    let start: u32 = rng.random();
    let site: u16 = rng.random();
    let hosts: u8 = rng.random_range(1..200);
    (0..count)
        .map(|nth| {
            let address = match attacker.network {
                Network::Blocks { blocks, each } => {
                    let (block, host) = (nth % blocks, nth / blocks % each);
                    in_block(140, start, block, hosts + host as u8)
                }
                Network::Own => in_block(140, start, nth, rng.random()),
                Network::Site => {
                    Ipv6Addr::new(0x2a01, site, 7, nth as u16, 0, 0, 0, rng.random()).into()
                }
            };
            let browser = match attacker.look {
                Look::Program => PROGRAM,
                Look::Copied { .. } => DESKTOP,
                Look::Browser => *pick(&[PHONE, ANDROID, DESKTOP], rng),
            };
            Arrival {
                honest: false,
                index: count + nth,
                address,
                browser,
                device: device_of("bot", rng.random()),
                keyed: attacker.look.keyed(),
                press: Duration::ZERO,
                reader: attacker.reader,
                patience: 1,
                trick: attacker.trick,
                dice: rng.random(),
            }
        })
        .collect()
}

/// An address in the `nth` /24 from `start` on, of forty /8s from `first` on, in which no network is private.
fn in_block(first: u8, start: u32, nth: u32, host: u8) -> IpAddr {
    let block = start.wrapping_add(nth) % (29 << 16);
    let [_, a, b, c] = block.to_be_bytes();
    Ipv4Addr::new(first + a, b, c, host).into()
}

fn device_of(what: &str, which: u64) -> String {
    let parts: [&[u8]; 2] = [what.as_bytes(), &which.to_be_bytes()];
    to_hex(&tagged("herd/adversary-device/v1", &parts))
}

fn pick<'a, T>(among: &'a [T], rng: &mut StdRng) -> &'a T {
    &among[rng.random_range(0..among.len())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adversary::attackers::{ALL, named};
    use std::collections::{BTreeMap, BTreeSet};

    fn block(address: IpAddr) -> Vec<u8> {
        match address {
            IpAddr::V4(v4) => v4.octets()[..3].to_vec(),
            IpAddr::V6(v6) => v6.octets()[..6].to_vec(),
        }
    }

    fn of(attacker: &Attacker, seed: u64) -> (Vec<Arrival>, Vec<Arrival>) {
        let all = everybody(attacker, 1000, seed);
        all.into_iter().partition(|arrival| arrival.honest)
    }

    #[test]
    fn as_many_bots_come_as_people_and_share_no_network_with_them() {
        for (attacker, seed) in ALL.iter().zip(0..) {
            let (people, bots) = of(attacker, seed);
            assert_eq!((people.len(), bots.len()), (1000, 1000));
            let theirs: BTreeSet<_> = people.iter().map(|a| block(a.address)).collect();
            assert!(bots.iter().all(|bot| !theirs.contains(&block(bot.address))));
            let indices: BTreeSet<u32> = people.iter().chain(&bots).map(|a| a.index).collect();
            assert_eq!(indices.len(), 2000);
        }
    }

    #[test]
    fn attackers_are_in_as_many_networks_as_they_say() {
        let networks = |name: &str| {
            let (_, bots) = of(named(name).unwrap(), 3);
            let addresses: BTreeSet<IpAddr> = bots.iter().map(|bot| bot.address).collect();
            let blocks: BTreeSet<_> = bots.iter().map(|bot| block(bot.address)).collect();
            (addresses.len(), blocks.len())
        };
        assert_eq!(networks("script"), (1, 1));
        assert_eq!(networks("fleet"), (8, 1));
        assert_eq!(networks("card-farm"), (8, 2));
        assert_eq!(networks("stealth"), (4, 4));
        assert_eq!(networks("human-farm"), (50, 50));
        assert_eq!(networks("ipv6"), (1000, 1));
        assert_eq!(networks("residential"), (1000, 1000));
    }

    #[test]
    fn the_crowd_is_spread_as_it_is_said_to_be() {
        let (people, _) = of(&ALL[0], 9);
        let mut blocks: BTreeMap<Vec<u8>, u32> = BTreeMap::new();
        for person in &people {
            *blocks.entry(block(person.address)).or_default() += 1;
        }
        // 800 alone, 20 behind one address, 180 phones in nine sites of 20.
        let alone = blocks.values().filter(|count| **count == 1).count();
        let twenty = blocks.values().filter(|count| **count == 20).count();
        assert_eq!((alone, twenty), (800, 10));
        assert_eq!(people.iter().filter(|p| p.device.is_empty()).count(), 20);
        assert_eq!(people.iter().filter(|p| !p.keyed).count(), 10);
        assert!(people.iter().all(|p| p.press < WITHIN));
    }

    #[test]
    fn the_same_seed_is_the_same_contest_and_no_address_is_private() {
        let shown = |seed| format!("{:?}", everybody(&ALL[1], 200, seed));
        assert_eq!(shown(4), shown(4));
        assert_ne!(shown(4), shown(5));
        for seed in 0..200 {
            for arrival in everybody(&ALL[3], 40, seed) {
                if let IpAddr::V4(v4) = arrival.address {
                    assert!(
                        !v4.is_private() && !v4.is_loopback() && !v4.is_link_local(),
                        "{v4}"
                    );
                }
            }
        }
    }
}
