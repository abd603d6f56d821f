//! How suspicious an arrival is: a sum of named reasons, and what follows from it.
//!
//! Each reason has a name that stays, and a weight in `[gate.weights]`. The sum, at most 100, is decided when a
//! challenge is given out, and sealed into it. It makes the puzzle dearer, and asks for a CAPTCHA. What only the join
//! shows ([`super::sequence`]) is added to it, and may ask for a fresh challenge. It refuses nobody and drops nobody.

use super::headers::Headers;
use protocol::wire::Mark;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

macro_rules! reasons {
    ($($(#[$doc:meta])* $reason:ident = $name:literal;)*) => {
        /// Something that was noticed about an arrival.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Reason {
            $($(#[$doc])* #[serde(rename = $name)] $reason,)*
        }

        impl Reason {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$reason,)*];

            /// Its name in settings, in the log of decisions and in figures.
            pub fn name(self) -> &'static str {
                match self { $(Self::$reason => $name,)* }
            }
        }
    };
}

reasons! {
    /// The browser says that it is driven.
    Webdriver = "webdriver";
    /// The browser names itself headless.
    Headless = "headless";
    /// A driver has left its globals in the page.
    DriverGlobals = "driver_globals";
    /// The browser speaks no language.
    NoLanguages = "no_languages";
    /// The window around the page has no size.
    NoWindow = "no_window";
    /// No device signals were given. Leads to more of everything else, not to exclusion.
    SignalsRefused = "signals_refused";
    /// The browser has no key, so its ticket can be carried away.
    NoKey = "no_key";
    /// It does not even say that it is a browser.
    NotABrowser = "not_a_browser";
    /// What every browser of its kind sends is not there.
    HeadersMissing = "headers_missing";
    /// What it sends contradicts itself.
    HeadersDisagree = "headers_disagree";
    /// Many of the same kind come from the same network.
    DeviceCrowded = "device_crowded";
    /// Its network has asked for more than one crowd of people behind it would.
    NetworkCrowded = "network_crowded";
    /// It filled a field, or followed a link, that people do not meet.
    Honeypot = "honeypot";
    /// It joins from another network than it got its challenge in: a phone that left its Wi-Fi, or a proof that was
    /// solved elsewhere.
    NetworkMoved = "network_moved";
    /// Its proof came back sooner than any browser could have solved it.
    SolvedTooSoon = "solved_too_soon";
    /// It said that it has a key, and joins without one.
    KeyWithheld = "key_withheld";
}

impl From<Mark> for Reason {
    fn from(mark: Mark) -> Self {
        match mark {
            Mark::Webdriver => Self::Webdriver,
            Mark::Headless => Self::Headless,
            Mark::DriverGlobals => Self::DriverGlobals,
            Mark::NoLanguages => Self::NoLanguages,
            Mark::NoWindow => Self::NoWindow,
        }
    }
}

/// Some reasons, each once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reasons(u32);

impl Reasons {
    /// With one more, if it holds.
    #[must_use]
    pub fn and(mut self, reason: Reason, holds: bool) -> Self {
        self.0 |= u32::from(holds) << reason as u32;
        self
    }

    /// Those of them that there are, in their order.
    pub fn iter(self) -> impl Iterator<Item = Reason> {
        let all = Reason::ALL.iter().copied();
        all.filter(move |reason| self.0 & (1 << *reason as u32) != 0)
    }

    /// Is this one of them?
    pub fn has(self, reason: Reason) -> bool {
        self.iter().any(|one| one == reason)
    }

    /// Is there none?
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Their names, with a space between them.
    pub fn names(self) -> String {
        let names: Vec<&str> = self.iter().map(Reason::name).collect();
        names.join(" ")
    }

    /// What the headers of a request say.
    pub(super) fn of_headers(headers: &Headers<'_>) -> Self {
        Self::default()
            .and(Reason::NotABrowser, !headers.say_browser())
            .and(Reason::HeadersMissing, headers.lack())
            .and(Reason::HeadersDisagree, headers.disagree())
    }
}

/// How much each reason weighs; one that is not named weighs nothing.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Weights(pub BTreeMap<Reason, u8>);

impl Weights {
    fn of(&self, reason: Reason) -> u8 {
        self.0.get(&reason).copied().unwrap_or(0)
    }

    /// The sum of these, at most 100.
    pub fn suspicion(&self, reasons: Reasons) -> u8 {
        let sum: u16 = reasons
            .iter()
            .map(|reason| u16::from(self.of(reason)))
            .sum();
        sum.min(100) as u8
    }

    /// What is wrong with them, if anything, where the grey band begins at `grey_from`.
    pub(crate) fn check(&self, grey_from: u8) -> Result<(), &'static str> {
        if self.0.values().any(|weight| *weight > 100) {
            Err("gate.weights: each is from 0 to 100")
        } else if Reason::ALL.iter().any(|r| !self.0.contains_key(r)) {
            Err("gate.weights names every reason; one that is not to count weighs 0")
        } else if self.of(Reason::DeviceCrowded) >= grey_from {
            Err(
                "gate.weights.device_crowded has to be less than gate.grey_from: identical phones exist",
            )
        } else {
            Ok(())
        }
    }
}

/// Where a sum of weights leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Band {
    /// To nothing.
    Clear,
    /// It may be a person: the puzzle is dearer, and a CAPTCHA is asked for.
    Grey,
    /// It is hardly a person, and still not refused: as grey, and the puzzle is dearest.
    Dark,
}

impl Band {
    /// Its name in figures.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Grey => "grey",
            Self::Dark => "dark",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn weights(weight: u8) -> Weights {
        Weights(Reason::ALL.iter().map(|r| (*r, weight)).collect())
    }

    proptest! {
        #[test]
        fn it_is_the_sum_of_what_was_noticed_and_nothing_else(picked in prop::collection::btree_set(0..Reason::ALL.len(), 0..8), each in prop::collection::vec(0u8..=100, Reason::ALL.len())) {
            let weights = Weights(Reason::ALL.iter().copied().zip(each.iter().copied()).collect());
            let reasons = picked.iter().fold(Reasons::default(), |all, i| all.and(Reason::ALL[*i], true));
            let sum: u32 = picked.iter().map(|i| u32::from(each[*i])).sum();
            prop_assert_eq!(u32::from(weights.suspicion(reasons)), sum.min(100));
            prop_assert_eq!(reasons.iter().count(), picked.len());
            // What was noticed twice counts once.
            let again = picked.iter().fold(reasons, |all, i| all.and(Reason::ALL[*i], true));
            prop_assert_eq!(again, reasons);
        }

        #[test]
        fn one_more_reason_never_makes_anybody_less_suspicious(some in 0u32..1 << Reason::ALL.len(), one in 0..Reason::ALL.len(), weight in 0u8..=100) {
            let weights = weights(weight);
            let more = Reasons(some).and(Reason::ALL[one], true);
            prop_assert!(weights.suspicion(more) >= weights.suspicion(Reasons(some)));
        }
    }

    #[test]
    fn names_are_told_apart_and_read_as_settings() {
        let mut names: Vec<&str> = Reason::ALL.iter().map(|r| r.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Reason::ALL.len());
        for reason in Reason::ALL {
            let read: Reason = serde_json::from_value(reason.name().into()).unwrap();
            assert_eq!(read, *reason);
        }
    }

    #[test]
    fn a_common_device_alone_is_no_setting_that_leads_out_of_the_clear_band() {
        assert!(weights(10).check(11).is_ok());
        assert!(weights(10).check(10).is_err());
        assert!(weights(101).check(102).is_err());
        assert!(Weights::default().check(30).is_err());
    }
}
