//! Who attacks: each class as data. Prices are assumptions, each with the reason for its size; they change what an attack
//! costs in the result and nothing of what happens in a contest.

/// One class of attackers.
#[derive(Debug)]
pub struct Attacker {
    /// Its name on the command line and in the result.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// Where its requests come from.
    pub network: Network,
    /// Its cards, each with an email. The first buyer of a card uses the first.
    pub cards: u32,
    /// What its requests look like.
    pub look: Look,
    /// Hashes that it can do in a second.
    pub hashes_per_s: f64,
    /// Who solves the CAPTCHAs that it is asked.
    pub reader: Reader,
    /// What it does beside.
    pub trick: Trick,
    /// With all layers it must not take more than its share.
    pub held: bool,
    /// How it is made: `executed` as it is, or `replayed` as what was seen elsewhere.
    pub made: &'static str,
    /// What an address costs for one sale, EUR.
    pub address_eur: f64,
}

/// Where requests come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// So many rented /24s of IPv4 with so many addresses in each, used in turn.
    Blocks {
        /// How many /24s.
        blocks: u32,
        /// Addresses in each.
        each: u32,
    },
    /// One /48 of IPv6, and a new /64 of it for every arrival.
    Site,
    /// An address in a /24 of its own for every arrival.
    Own,
}

impl Network {
    /// So many addresses, each in a network of its own.
    const fn scattered(addresses: u32) -> Self {
        Self::Blocks {
            blocks: addresses,
            each: 1,
        }
    }
}

/// What requests look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// A program that says so.
    Program,
    /// The headers of a browser, copied, with a key and device signals made up.
    Copied {
        /// Does it join with a key?
        keyed: bool,
    },
    /// A real browser, or what shows as little.
    Browser,
}

impl Look {
    /// Does it join with a key?
    pub fn keyed(self) -> bool {
        !matches!(self, Self::Program | Self::Copied { keyed: false })
    }
}

/// Who solves CAPTCHAs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reader {
    /// Chance that an answer is right, 0 to 1.
    pub right: f64,
    /// Time for one answer, s.
    pub seconds: f64,
    /// Price of one answer, EUR.
    pub eur: f64,
}

/// Nobody: it does not even ask for the picture.
const NOBODY: Reader = Reader {
    right: 0.0,
    seconds: 0.0,
    eur: 0.0,
};
/// A program that reads characters: 1% of our pictures, a little more than `make captcha-ocr` lets tesseract read.
const OCR: Reader = Reader {
    right: 0.01,
    seconds: 1.0,
    eur: 0.0,
};
/// A program that somebody wrote for our pictures and sounds, and that is never wrong.
const PROGRAM: Reader = Reader {
    right: 1.0,
    seconds: 1.0,
    eur: 0.0,
};
/// People who are paid for it: they do little else and are rarely wrong. Price: about 2 EUR for a thousand are advertised.
const FARM: Reader = Reader {
    right: 0.95,
    seconds: 10.0,
    eur: 0.002,
};
/// Somebody who wants to buy: wrong once in ten times, 12 s for five digits or a sound of as many beeps.
pub const PERSON: Reader = Reader {
    right: 0.9,
    seconds: 12.0,
    eur: 0.0,
};

/// What an attacker does beside joining and buying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trick {
    /// Nothing.
    None,
    /// Takes the pass and never buys.
    Hoard,
    /// Solves one puzzle and sends the proof again and again, each time as somebody else.
    Replay,
    /// Joins, and sells a copy of the ticket; only the copy tries to buy, without the key.
    Copy,
}

/// One core of a server, hashes a second: what `bench --only solver` measures for the edge's own checks.
const CORE: f64 = 22e6;
/// A machine for rent: 32 cores.
const MACHINE: f64 = 32.0 * CORE;
/// One thread of Chromium with the SIMD module, as measured in docs/SECURITY.md.
const BROWSER_THREAD: f64 = 17.6e6;
/// A gaming graphics card, hashes a second, from published benchmarks of hash crackers: modelled, executed by nobody here.
pub const GPU: f64 = 10e9;

/// A virtual card with a name to it: what issuers and resellers ask for one, within a factor of three.
pub const CARD_EUR: f64 = 2.0;
/// A core for an hour, rented: 0.04 EUR; so many hashes are done meanwhile.
pub const HASH_EUR: f64 = 0.04 / (3600.0 * CORE);
/// An address in a data centre for a month is about a Euro; nobody rents it for less than a day.
const RENTED_EUR: f64 = 0.05;
/// A residential address for one session: a Gigabyte is about 5 EUR, and a sale takes a few Megabytes.
const RESIDENTIAL_EUR: f64 = 0.02;
/// A phone contract and the phone of somebody who is paid to sit there, for an hour.
const PERSON_EUR: f64 = 5.0;

const FLEET: Attacker = Attacker {
    name: "fleet",
    about: "native solvers with copied headers on a rented /24: 8 addresses, 20 cards",
    network: Network::Blocks { blocks: 1, each: 8 },
    cards: 20,
    look: Look::Copied { keyed: true },
    hashes_per_s: MACHINE,
    reader: OCR,
    trick: Trick::None,
    held: true,
    made: "executed",
    address_eur: RENTED_EUR,
};

/// All of them.
pub static ALL: [Attacker; 13] = [
    Attacker {
        name: "script",
        about: "a plain script: one address, one card, no solver, says what it is",
        network: Network::Blocks { blocks: 1, each: 1 },
        cards: 1,
        look: Look::Program,
        hashes_per_s: 0.0,
        reader: NOBODY,
        address_eur: 0.0,
        ..FLEET
    },
    FLEET,
    Attacker {
        name: "ipv6",
        about: "the same from a /48 of IPv6, in a new /64 each time",
        network: Network::Site,
        address_eur: 0.0,
        ..FLEET
    },
    Attacker {
        name: "residential",
        about: "the same from a pool of home connections: a network of its own for each arrival, 100 cards",
        network: Network::Own,
        cards: 100,
        held: false,
        address_eur: RESIDENTIAL_EUR,
        ..FLEET
    },
    Attacker {
        name: "stealth",
        about: "real Chromium that hides that it is driven: 4 addresses, a browser's threads",
        network: Network::scattered(4),
        look: Look::Browser,
        // Four threads: a machine with a browser on each core.
        hashes_per_s: 4.0 * BROWSER_THREAD,
        made: "replayed",
        ..FLEET
    },
    Attacker {
        name: "hoarder",
        about: "takes places and passes, and never buys; otherwise as fleet",
        trick: Trick::Hoard,
        ..FLEET
    },
    Attacker {
        name: "replayer",
        about: "one solved proof again and again, each time with another key; otherwise as fleet",
        trick: Trick::Replay,
        ..FLEET
    },
    Attacker {
        name: "reseller",
        about: "sells copies of tickets that are bound to a key; otherwise as fleet",
        trick: Trick::Copy,
        ..FLEET
    },
    Attacker {
        name: "keyless-reseller",
        about: "the same, but joins without a key, so that copies work",
        look: Look::Copied { keyed: false },
        trick: Trick::Copy,
        ..FLEET
    },
    Attacker {
        name: "card-farm",
        about: "250 cards behind two rented /24s: 8 addresses",
        network: Network::Blocks { blocks: 2, each: 4 },
        cards: 250,
        ..FLEET
    },
    Attacker {
        name: "paid-captcha",
        about: "as fleet, with people paid to solve its CAPTCHAs: a farm behind one network",
        reader: FARM,
        held: false,
        ..FLEET
    },
    Attacker {
        name: "captcha-breaker",
        about: "as stealth, with a program written for our CAPTCHAs that solves all of them",
        network: Network::scattered(4),
        look: Look::Browser,
        hashes_per_s: 4.0 * BROWSER_THREAD,
        reader: PROGRAM,
        held: false,
        made: "replayed",
        ..FLEET
    },
    Attacker {
        name: "human-farm",
        about: "50 people paid to sit at phones in 50 networks: 100 cards",
        network: Network::scattered(50),
        cards: 100,
        look: Look::Browser,
        // Fifty phones.
        hashes_per_s: 50.0 * 1.5e6,
        reader: FARM,
        held: false,
        address_eur: PERSON_EUR,
        ..FLEET
    },
];

/// The attacker of this name.
pub fn named(name: &str) -> Result<&'static Attacker, String> {
    let names = || ALL.iter().map(|a| a.name).collect::<Vec<_>>().join(", ");
    ALL.iter()
        .find(|attacker| attacker.name == name)
        .ok_or_else(|| format!("expected one of {}", names()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adversary::layers::Defaults;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_told_apart_and_chances_are_chances() {
        let names: BTreeSet<&str> = ALL.iter().map(|attacker| attacker.name).collect();
        assert_eq!(names.len(), ALL.len());
        for attacker in &ALL {
            assert_eq!(named(attacker.name).unwrap().about, attacker.about);
            assert!((0.0..=1.0).contains(&attacker.reader.right));
            assert!(attacker.cards > 0 && attacker.hashes_per_s >= 0.0);
        }
        assert!(named("everybody").is_err());
    }

    #[test]
    fn the_phones_of_the_farm_are_as_fast_as_the_gate_believes() {
        let speed = ["gate", "price", "phone_hashes_per_s"];
        let speed = Defaults::read().unwrap().number(&speed).unwrap();
        assert_eq!(named("human-farm").unwrap().hashes_per_s, 50.0 * speed);
    }

    #[test]
    fn only_who_has_networks_in_numbers_or_solves_captchas_need_not_be_held() {
        let free: Vec<&str> = ALL.iter().filter(|a| !a.held).map(|a| a.name).collect();
        assert_eq!(
            free,
            [
                "residential",
                "paid-captcha",
                "captcha-breaker",
                "human-farm"
            ]
        );
    }
}
