//! The nested networks that an address is in.
//!
//! IPv4 counts by address and by /24, the smallest block that is routed. IPv6 counts by /64 (one link: a phone, a
//! household), /56 and /48 (what one customer or site gets), because whoever has one address there has all of
//! them. There is no /16 and no /32 of IPv6: those are whole providers, and a budget that a popular provider's
//! customers do not exhaust would bound nobody.

use protocol::SaleId;
use protocol::digest::{Digest, tagged};
use std::net::IpAddr;

/// How wide a network is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Level {
    /// One address of IPv4; behind it may be a household, or a carrier's CGNAT with thousands.
    V4Address,
    /// 256 addresses of IPv4.
    V4Block,
    /// A link of IPv6.
    V6Link,
    /// A customer of IPv6.
    V6Customer,
    /// A site of IPv6, or a part of a mobile carrier with thousands of phones.
    V6Site,
}

impl Level {
    /// All of them; each one's place is `level as usize`.
    pub(crate) const ALL: [Self; 5] = [
        Self::V4Address,
        Self::V4Block,
        Self::V6Link,
        Self::V6Customer,
        Self::V6Site,
    ];

    /// As operators write it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::V4Address => "ipv4/32",
            Self::V4Block => "ipv4/24",
            Self::V6Link => "ipv6/64",
            Self::V6Customer => "ipv6/56",
            Self::V6Site => "ipv6/48",
        }
    }

    fn bytes(self) -> usize {
        match self {
            Self::V4Address => 4,
            Self::V4Block => 3,
            Self::V6Link => 8,
            Self::V6Customer => 7,
            Self::V6Site => 6,
        }
    }
}

/// One network in one sale. The name is a keyed hash, the same on all edges: nobody can choose whom they are mistaken
/// for, and no address is kept anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Prefix {
    pub(crate) level: Level,
    pub(crate) name: u64,
}

impl Prefix {
    /// For Redis.
    pub(crate) fn to_bytes(self) -> [u8; 9] {
        let mut bytes = [self.level as u8; 9];
        bytes[1..].copy_from_slice(&self.name.to_be_bytes());
        bytes
    }

    /// From Redis; `None` for what is no network.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let (level, name) = bytes.split_first()?;
        Some(Self {
            level: *Level::ALL.get(usize::from(*level))?,
            name: u64::from_be_bytes(name.try_into().ok()?),
        })
    }
}

/// The networks of an address, the narrowest first. An IPv4 address in IPv6 clothes is IPv4.
pub(super) fn prefixes(
    secret: &Digest,
    sale: &SaleId,
    address: IpAddr,
) -> impl Iterator<Item = Prefix> {
    let (levels, octets) = match address.to_canonical() {
        IpAddr::V4(v4) => (&Level::ALL[..2], [&v4.octets()[..], &[0; 12]].concat()),
        IpAddr::V6(v6) => (&Level::ALL[2..], v6.octets().to_vec()),
    };
    levels.iter().map(move |level| {
        let parts: [&[u8]; 4] = [
            secret,
            sale.as_str().as_bytes(),
            &[*level as u8],
            &octets[..level.bytes()],
        ];
        let [a, b, c, d, e, f, g, h, ..] = tagged("sluice/network-budget/v1", &parts);
        Prefix {
            level: *level,
            name: u64::from_be_bytes([a, b, c, d, e, f, g, h]),
        }
    })
}

/// Short hash of a network, sealed into challenges: /24 of IPv4, /48 of IPv6.
pub(in crate::gate) fn short_hash(from: IpAddr) -> [u8; 8] {
    let hash = match from.to_canonical() {
        IpAddr::V4(v4) => tagged("sluice/network/v1", &[&v4.octets()[..3]]),
        IpAddr::V6(v6) => tagged("sluice/network/v1", &[&v6.octets()[..6]]),
    };
    let mut short = [0; 8];
    short.copy_from_slice(&hash[..8]);
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str) -> [u8; 8] {
        short_hash(address.parse().unwrap())
    }

    /// Names of the levels that two addresses have in common.
    fn shared(one: &str, other: &str) -> Vec<&'static str> {
        let sale = SaleId::parse("one").unwrap();
        let all = |text: &str| -> Vec<Prefix> {
            prefixes(&[7; 32], &sale, text.parse().unwrap()).collect()
        };
        let (one, other) = (all(one), all(other));
        let both = one.iter().filter(|prefix| other.contains(prefix));
        both.map(|prefix| prefix.level.as_str()).collect()
    }

    #[test]
    fn neighbours_are_one_network_and_others_are_not() {
        assert_eq!(of("192.0.2.1"), of("192.0.2.200"));
        assert_eq!(of("192.0.2.1"), of("::ffff:192.0.2.9"));
        assert_ne!(of("192.0.2.1"), of("192.0.3.1"));
        assert_eq!(of("2001:db8:1::1"), of("2001:db8:1:ffff::2"));
        assert_ne!(of("2001:db8:1::1"), of("2001:db8:2::1"));
    }

    #[test]
    fn networks_are_nested() {
        assert_eq!(shared("192.0.2.1", "192.0.2.1"), ["ipv4/32", "ipv4/24"]);
        assert_eq!(shared("192.0.2.1", "::ffff:192.0.2.9"), ["ipv4/24"]);
        assert!(shared("192.0.2.1", "192.0.3.1").is_empty());
        let here = "2001:db8:1:100::1";
        assert_eq!(
            shared(here, "2001:db8:1:100:ffff::"),
            ["ipv6/64", "ipv6/56", "ipv6/48"]
        );
        assert_eq!(shared(here, "2001:db8:1:1ff::"), ["ipv6/56", "ipv6/48"]);
        assert_eq!(shared(here, "2001:db8:1:200::"), ["ipv6/48"]);
        assert!(shared(here, "2001:db8:2:100::1").is_empty());
    }

    #[test]
    fn redis_keeps_names_and_nothing_else_is_read_back() {
        for level in Level::ALL {
            let prefix = Prefix {
                level,
                name: 0x0102_0304_0506_0708,
            };
            assert_eq!(Prefix::of_bytes(&prefix.to_bytes()), Some(prefix));
        }
        for wrong in [&[][..], &[0; 8], &[0; 10], &[9, 0, 0, 0, 0, 0, 0, 0, 1]] {
            assert_eq!(Prefix::of_bytes(wrong), None);
        }
    }
}
