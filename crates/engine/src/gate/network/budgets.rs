//! Budgets: so many challenges for each network within a window at the usual price. Beyond that they cost more the more
//! crowded the network is, and at `refuse_at` times the budget it has had enough for now.
//!
//! Challenges are counted, not joins, because the price is fixed when a challenge is given out. The narrowest network
//! does not decide, the most crowded does: who moves to another /64 at every request uses up their /48. The keyed
//! limiters of the crate `governor` would not do: they say yes or no where a price needs how much, add nothing up over
//! several edges, and grow with the number of networks.

use super::buckets::Buckets;
use super::prefix::prefixes;
use super::{Level, Prefix, Tally};
use crate::settings::NetworkSettings;
use ipnet::IpNet;
use protocol::SaleId;
use protocol::codec::Keyring;
use protocol::digest::Digest;
use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use tokio::time::Instant;

/// Nobody is asked to come back sooner or later than this, ms. A page waits no longer by itself.
const COME_BACK: (u64, u64) = (2000, 15_000);
/// Other edges hear of networks that have used up this part of a budget.
const FLOOR: f64 = 0.1;

/// The budgets of all sales of this edge.
pub(crate) struct Budgets {
    secret: Digest,
    own: Vec<IpNet>,
    window_ms: u64,
    refuse_at: u64,
    /// What one challenge pours into the bucket of each level, ms: a window, when all of a budget is used.
    cost_ms: [u64; Level::ALL.len()],
    buckets: [Buckets; Level::ALL.len()],
    /// Counts go by a clock that nobody sets.
    began: Instant,
    warned: AtomicBool,
}

impl fmt::Debug for Budgets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Holds the secret that names networks.
        f.debug_struct("Budgets")
            .field("own", &self.own)
            .finish_non_exhaustive()
    }
}

/// A network has had enough for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exhausted {
    /// The level of the network.
    pub(crate) level: Level,
    /// There is room again in so many ms.
    pub(crate) retry_after_ms: u64,
}

impl Budgets {
    /// Budgets as configured. All edges need the same keys to mean the same networks.
    pub(crate) fn new(settings: &NetworkSettings, keys: &Keyring) -> Self {
        let window_ms = settings.window_s * 1000;
        let refuse_at = u64::from(settings.refuse_at);
        let secret = keys.derive("sluice/network-budgets/v1");
        Self {
            secret: secret.first().copied().unwrap_or_default(),
            own: settings.own.clone(),
            window_ms,
            refuse_at,
            cost_ms: Level::ALL
                .map(|level| window_ms / u64::from(settings.budget(level as usize)).max(1)),
            buckets: Level::ALL.map(|_| Buckets::new(window_ms * refuse_at)),
            began: Instant::now(),
            warned: AtomicBool::new(false),
        }
    }

    /// The present moment, ms since the start.
    pub(crate) fn now(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }

    /// Counts one challenge for this address and says how crowded the most crowded of its networks is: 1.0 is a budget
    /// used up. The operator's own networks are not counted.
    pub(crate) fn spend(
        &self,
        sale: &SaleId,
        address: IpAddr,
        tally: &Tally,
        now: u64,
    ) -> Result<f64, Exhausted> {
        if self.is_own(address) {
            return Ok(0.0);
        }
        tally.ask();
        let networks: Vec<(Prefix, u64)> = prefixes(&self.secret, sale, address)
            .map(|prefix| (prefix, self.bucket(prefix).level(prefix.name, now)))
            .collect();
        let full = self.full_ms();
        for (prefix, level) in &networks {
            let over = (level + self.cost(*prefix)).saturating_sub(full);
            if over > 0 {
                return Err(Exhausted {
                    level: prefix.level,
                    retry_after_ms: over.clamp(COME_BACK.0, COME_BACK.1),
                });
            }
        }
        let mut fullest = 0;
        for (prefix, level) in networks {
            let cost = self.cost(prefix);
            self.bucket(prefix).pour(prefix.name, cost, now);
            if level + cost >= self.floor_ms() {
                tally.add(prefix, cost);
            }
            fullest = fullest.max(level + cost);
        }
        Ok(fullest as f64 / self.window_ms as f64)
    }

    /// Takes over what all edges together counted for a network.
    pub(super) fn hear(&self, prefix: Prefix, level_ms: u64, now: u64) {
        self.bucket(prefix).raise(prefix.name, level_ms, now);
    }

    /// Is more in the bucket than a budget?
    pub(super) fn is_crowded(&self, level_ms: u64) -> bool {
        level_ms > self.window_ms
    }

    /// How full a bucket may be, ms.
    pub(super) fn full_ms(&self) -> u64 {
        self.window_ms * self.refuse_at
    }

    /// How full a bucket has to be for other edges to hear of it, ms.
    pub(super) fn floor_ms(&self) -> u64 {
        (self.window_ms as f64 * FLOOR) as u64
    }

    /// Is it one of the operator's own networks, whose callers are neither counted nor suspected?
    pub(crate) fn is_own(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let own = self.own.iter().any(|network| network.contains(&address));
        if own && !address.is_loopback() && !self.warned.swap(true, Relaxed) {
            tracing::warn!(
                %address,
                "a shopper comes from a network of our own and is neither counted nor suspected; if this is a proxy, set server.trusted_hops"
            );
        }
        own
    }

    fn bucket(&self, prefix: Prefix) -> &Buckets {
        &self.buckets[prefix.level as usize]
    }

    fn cost(&self, prefix: Prefix) -> u64 {
        self.cost_ms[prefix.level as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::tests::network_settings;
    use proptest::prelude::*;
    use std::collections::HashMap;
    use std::net::Ipv6Addr;

    /// What a map without bounds would count.
    #[derive(Default)]
    struct Exact(HashMap<(usize, Vec<u8>), u64>);

    impl Exact {
        fn spend(&mut self, address: Ipv6Addr, costs: &[u64], now: u64) -> u64 {
            let levels = [(2, 8), (3, 7), (4, 6)].map(|(level, bytes)| {
                let network = address.octets()[..bytes].to_vec();
                let empty_at = self.0.entry((level, network)).or_default();
                *empty_at = now.max(*empty_at) + costs[level];
                *empty_at - now
            });
            levels.into_iter().max().unwrap()
        }
    }

    fn budgets(settings: &NetworkSettings) -> Budgets {
        Budgets::new(settings, &Keyring::new((1, [7; 32])))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn the_most_crowded_network_decides(
            asks in prop::collection::vec((0u16..3, 0u16..4, 0u16..6, 0u64..2000), 1..150),
        ) {
            let settings = NetworkSettings { refuse_at: 100, ..network_settings() };
            let (budgets, tally) = (budgets(&settings), Tally::default());
            let sale = SaleId::parse("one").unwrap();
            let (mut exact, mut now) = (Exact::default(), 0);
            for (site, customer, link, later) in asks {
                now += later;
                let address = Ipv6Addr::new(0x2001, 0xdb8, site, (customer << 8) | link, 0, 0, 0, 1);
                let expected = exact.spend(address, &budgets.cost_ms, now) as f64 / 600_000.0;
                let crowding = budgets.spend(&sale, address.into(), &tally, now).unwrap();
                // What the mean over all slots takes off is little.
                prop_assert!((crowding - expected).abs() < 0.001, "{} of {}", crowding, expected);
            }
        }

        #[test]
        fn an_address_spends_in_its_own_sale_only(times in 1usize..40) {
            let (budgets, tally) = (budgets(&network_settings()), Tally::default());
            let (one, two) = (SaleId::parse("one").unwrap(), SaleId::parse("two").unwrap());
            let address = [192, 0, 2, 1].into();
            for _ in 0..times {
                budgets.spend(&one, address, &tally, 0).unwrap();
            }
            prop_assert_eq!(budgets.spend(&two, address, &tally, 0).unwrap(), 0.002);
        }
    }

    #[test]
    fn others_hear_of_networks_that_are_crowded_and_of_no_others() {
        let (budgets, tally) = (budgets(&network_settings()), Tally::default());
        let sale = SaleId::parse("one").unwrap();
        for block in 0..255 {
            budgets
                .spend(&sale, [192, 0, block, 1].into(), &tally, 0)
                .unwrap();
        }
        assert_eq!(tally.take(), Some(vec![]));
        for _ in 0..60 {
            budgets
                .spend(&sale, [198, 51, 100, 7].into(), &tally, 0)
                .unwrap();
        }
        // A tenth of 500 is 50, and the last of those is told; a tenth of 1,000 was not reached.
        let told = tally.take().unwrap();
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!((told[0].0.level, told[0].1), (Level::V4Address, 11 * 1200));
    }

    #[test]
    fn what_others_counted_counts_here_and_our_own_networks_do_not() {
        let settings = NetworkSettings {
            own: vec!["10.0.0.0/8".parse().unwrap()],
            ..network_settings()
        };
        let (budgets, tally) = (budgets(&settings), Tally::default());
        let sale = SaleId::parse("one").unwrap();
        let (theirs, ours) = ([192, 0, 2, 1].into(), "::ffff:10.1.2.3".parse().unwrap());
        let prefix = prefixes(&budgets.secret, &sale, theirs).next().unwrap();
        budgets.hear(prefix, 1_200_000, 0);
        assert!(budgets.spend(&sale, theirs, &tally, 0).unwrap() > 1.99);
        budgets.hear(prefix, u64::MAX / 2, 0);
        let refused = budgets.spend(&sale, theirs, &tally, 0).unwrap_err();
        assert_eq!(refused.level, Level::V4Address);
        for _ in 0..10_000 {
            assert_eq!(budgets.spend(&sale, ours, &tally, 0), Ok(0.0));
        }
    }
}
