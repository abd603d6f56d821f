//! The network that an arrival comes from.

use protocol::digest::tagged;
use std::net::IpAddr;

/// Short hash of a network: /24 of IPv4, /48 of IPv6. An IPv4 address in IPv6 clothes is IPv4.
pub(super) fn prefix(from: IpAddr) -> [u8; 8] {
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
        prefix(address.parse().unwrap())
    }

    #[test]
    fn neighbours_are_one_network_and_others_are_not() {
        assert_eq!(of("192.0.2.1"), of("192.0.2.200"));
        assert_eq!(of("192.0.2.1"), of("::ffff:192.0.2.9"));
        assert_ne!(of("192.0.2.1"), of("192.0.3.1"));
        assert_eq!(of("2001:db8:1::1"), of("2001:db8:1:ffff::2"));
        assert_ne!(of("2001:db8:1::1"), of("2001:db8:2::1"));
    }
}
