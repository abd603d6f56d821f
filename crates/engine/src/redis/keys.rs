//! The names of a sale's keys. One hash tag for each sale, so that all its keys live in one slot.

use protocol::SaleId;
use protocol::digest::to_hex;

/// The keys of one sale, each made when it is asked for: most calls need three of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keys<'a>(&'a SaleId);

macro_rules! keys {
    ($($name:ident)*) => {
        $(pub(super) fn $name(self) -> String {
            self.key(stringify!($name))
        })*

        /// All of them, but for the spent challenges and used proofs, which expire by themselves.
        pub(super) fn all(self) -> Vec<String> {
            vec![$(self.$name()),*]
        }
    };
}

impl<'a> Keys<'a> {
    pub(super) fn of(sale: &'a SaleId) -> Self {
        Self(sale)
    }

    keys! {
        meta stock shoppers transcript passes steps entered left held leases returned buyers rebuilding network
    }

    /// Where a rebuild lays what takes the place of `key` under this epoch. One rebuild, one epoch: nobody
    /// else writes here.
    pub(super) fn staged(key: &str, epoch: u64) -> String {
        [key, ":staged:", &epoch.to_string()].concat()
    }

    /// One used proof of a key.
    pub(super) fn proof(self, once: &[u8; 16]) -> String {
        self.key(&["proof:", &to_hex(once)].concat())
    }

    /// How often the CAPTCHA of one challenge was looked at and tried.
    pub(super) fn captcha(self, challenge: &[u8; 16]) -> String {
        self.key(&["captcha:", &to_hex(challenge)].concat())
    }

    /// The challenges that were spent and expire in this period.
    pub(super) fn spent(self, period: u64) -> String {
        self.key(&["spent:", &period.to_string()].concat())
    }

    fn key(self, name: &str) -> String {
        ["{", self.0.as_str(), "}:", name].concat()
    }
}
