//! How many connections a network has.

use ipnet::IpNet;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The connections of each network, which may have so many.
#[derive(Clone, Debug)]
pub(crate) struct Shares {
    /// `None` where connections are not counted: behind proxies they are the proxies' own.
    most: Option<usize>,
    own: Vec<IpNet>,
    held: Arc<Mutex<HashMap<IpNet, usize>>>,
}

/// A connection's place in its network; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Share {
    of: Option<(Shares, IpNet)>,
}

impl Shares {
    /// At most so many for each network but our own ones.
    pub(crate) fn of(most: usize, own: &[IpNet]) -> Self {
        Self {
            most: Some(most),
            own: own.to_vec(),
            held: Arc::default(),
        }
    }

    /// As many as there are.
    pub(crate) fn unbounded() -> Self {
        Self {
            most: None,
            own: Vec::new(),
            held: Arc::default(),
        }
    }

    /// A place for a connection from this address, if there is one.
    pub(crate) fn take(&self, peer: IpAddr) -> Option<Share> {
        let peer = peer.to_canonical();
        let Some(most) = self.most.filter(|_| !self.is_own(peer)) else {
            return Some(Share { of: None });
        };
        let network = network(peer);
        let mut all = self.held();
        let held = all.entry(network).or_default();
        if *held >= most {
            return None;
        }
        *held += 1;
        Some(Share {
            of: Some((self.clone(), network)),
        })
    }

    fn is_own(&self, peer: IpAddr) -> bool {
        self.own.iter().any(|network| network.contains(&peer))
    }

    fn held(&self) -> MutexGuard<'_, HashMap<IpNet, usize>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let Some((shares, network)) = &self.of else {
            return;
        };
        let mut all = shares.held();
        if let Some(held) = all.get_mut(network) {
            *held -= 1;
            if *held == 0 {
                // Networks without a connection take no memory.
                all.remove(network);
            }
        }
    }
}

/// The widest network that one customer has: /24 of IPv4, /48 of IPv6.
pub(super) fn network(address: IpAddr) -> IpNet {
    let length = if address.is_ipv4() { 24 } else { 48 };
    IpNet::new(address, length).map_or(IpNet::from(address), |network| network.trunc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_its_share_whatever_address_it_comes_from() {
        let shares = Shares::of(2, &["10.0.0.0/8".parse().unwrap()]);
        let take = |address: &str| shares.take(address.parse().unwrap());
        for [one, two, three, elsewhere] in [
            ["192.0.2.1", "::ffff:192.0.2.2", "192.0.2.3", "192.0.3.1"],
            [
                "2001:db8:1::1",
                "2001:db8:1:2::",
                "2001:db8:1:ffff::",
                "2001:db8:2::1",
            ],
        ] {
            let held = (take(one).unwrap(), take(two).unwrap());
            assert!(take(three).is_none());
            assert!(take(elsewhere).is_some());
            drop(held.1);
            assert!(take(three).is_some());
        }
        let own: Vec<Share> = (0..100).filter_map(|_| take("10.1.2.3")).collect();
        assert_eq!(own.len(), 100);
        drop(own);
        assert!(shares.held().is_empty(), "nobody is connected");
    }
}
