//! How often the operator's password may be tried: so often from each network, so that whoever guesses shuts nobody else
//! out. Five at once, then one a second.

use super::shares::network;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use ipnet::IpNet;
use std::net::IpAddr;
use std::num::NonZeroU32;

/// Networks that are remembered at once. When so many guess within some seconds the others wait.
const MOST: usize = 4096;
const AT_ONCE: NonZeroU32 = NonZeroU32::new(5).unwrap();

/// The tries of late.
pub(super) struct Logins(DefaultKeyedRateLimiter<IpNet>);

impl Default for Logins {
    fn default() -> Self {
        Self(RateLimiter::keyed(
            Quota::per_second(NonZeroU32::MIN).allow_burst(AT_ONCE),
        ))
    }
}

impl Logins {
    /// Counts a try from this address; `false` when there were too many.
    pub(super) fn may_try(&self, from: IpAddr) -> bool {
        if self.0.len() >= MOST {
            self.0.retain_recent();
        }
        self.0.len() < MOST && self.0.check_key(&network(from.to_canonical())).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_guesses_shuts_out_their_own_network_and_no_other() {
        let logins = Logins::default();
        let tries = |from: &str| logins.may_try(from.parse().unwrap());
        for host in 0..5 {
            assert!(tries(&format!("192.0.2.{host}")), "{host}");
        }
        assert!(!tries("::ffff:192.0.2.9"));
        assert!(tries("192.0.3.1"));
        assert!(tries("2001:db8::1"));
    }

    #[test]
    fn it_remembers_no_more_networks_than_it_says() {
        let logins = Logins::default();
        let tried = (0..10_000u32)
            .filter(|n| logins.may_try(IpAddr::V4((n << 8).into())))
            .count();
        assert!(tried >= MOST);
        assert!(logins.0.len() <= MOST);
    }
}
