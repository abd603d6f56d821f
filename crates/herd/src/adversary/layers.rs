//! The layers of the defence, and how a server is started with some of them.
//!
//! Defaults are read from `Leptos.toml`, as they are compiled into the server. A contest is a sale for 100,000 people at
//! the scale of its honest crowd: what counts people in a network is scaled with it, and the puzzle is made easier.

use anyhow::{Context as _, Result};
use std::fmt;
use std::str::FromStr;

/// The defaults of the server.
const DEFAULTS: &str = include_str!("../../../../Leptos.toml");
/// People whom a contest stands for.
pub const FULL_SIZE: f64 = 100_000.0;
/// Difficulty of the puzzle in a contest: everybody's proofs are solved on this one machine.
pub const DIFFICULTY: u8 = 4;
/// So many challenges a second are no load: sales stand side by side on a server, and are not each other's load.
const CALM_PER_S: u32 = 1_000_000;
/// A network that is refused nothing: as much as `gate.network` takes.
const NO_BOUND: u32 = 600_000;
/// From the opening to the draw where there is one, ms. Everybody has joined before.
const FOLD_IN_MS: u32 = 100;
/// Units for one buyer where nobody is limited: as many as a sale allows.
const NO_LIMIT: u32 = 100;
/// Calls a second and at once that the payment simulator allows: it is not what contests are about.
const PSP_CALLS_PER_S: u32 = 10_000;
/// The shop's name, for CAPTCHAs and keys.
pub const HOST: &str = "herd.example";

/// One layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// The proof of work; off, its difficulty is 0.
    Work,
    /// Budgets of networks; off, they are so large that nobody meets them.
    Network,
    /// Headers, device signals, crowding, and the CAPTCHA that follows from them; off, every reason weighs 0.
    Suspicion,
    /// One unit for each card, email and browser; off, a hundred.
    Identity,
    /// The draw; off, whoever joins first after the opening is first.
    Draw,
}

impl Layer {
    /// All of them, in the order in which an arrival meets them.
    pub const ALL: [Self; 5] = [
        Self::Work,
        Self::Network,
        Self::Suspicion,
        Self::Identity,
        Self::Draw,
    ];

    /// Its name on the command line and in the result.
    pub fn name(self) -> &'static str {
        match self {
            Self::Work => "work",
            Self::Network => "network",
            Self::Suspicion => "suspicion",
            Self::Identity => "identity",
            Self::Draw => "draw",
        }
    }
}

/// Those layers that stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layers([bool; Layer::ALL.len()]);

impl Layers {
    /// No layer.
    pub const NONE: Self = Self([false; Layer::ALL.len()]);
    /// Every layer.
    pub const ALL: Self = Self([true; Layer::ALL.len()]);

    /// None, each alone, all, and all but each.
    pub fn sets() -> Vec<Self> {
        let alone = Layer::ALL.map(|layer| Self::NONE.with(layer, true));
        let without = Layer::ALL.map(|layer| Self::ALL.with(layer, false));
        let all = [Self::NONE, Self::ALL];
        all.into_iter().chain(without).chain(alone).collect()
    }

    /// Does this one stand?
    pub fn has(self, layer: Layer) -> bool {
        self.0[layer as usize]
    }

    fn with(mut self, layer: Layer, stands: bool) -> Self {
        self.0[layer as usize] = stands;
        self
    }

    /// Most units for one buyer.
    pub fn limit_per_buyer(self) -> u32 {
        match self.has(Layer::Identity) {
            true => 1,
            false => NO_LIMIT,
        }
    }

    /// Settings of a server with these layers, for a contest with so many honest people; as variables of the environment.
    pub fn settings(
        self,
        honest: u32,
        defaults: &Defaults,
        verify_url: &str,
    ) -> Result<Vec<(String, String)>> {
        let mut settings = vec![
            ("SERVER__TRUSTED_HOPS".to_owned(), "1".to_owned()),
            ("SERVER__PUBLIC_URL".to_owned(), format!("https://{HOST}")),
            (
                "PAYMENT__CALLS_PER_S".to_owned(),
                PSP_CALLS_PER_S.to_string(),
            ),
            ("GATE__PRICE__CALM_PER_S".to_owned(), CALM_PER_S.to_string()),
            ("GATE__CAPTCHA__PROVIDER".to_owned(), "turnstile".to_owned()),
            ("GATE__CAPTCHA__SITE_KEY".to_owned(), "herd".to_owned()),
            ("GATE__CAPTCHA__SECRET".to_owned(), "herd".to_owned()),
            ("GATE__CAPTCHA__HOSTNAME".to_owned(), HOST.to_owned()),
            (
                "GATE__CAPTCHA__VERIFY_URL".to_owned(),
                verify_url.to_owned(),
            ),
        ];
        let mut set = |name: &str, value: u32| settings.push((name.to_owned(), value.to_string()));
        let fold_in = if self.has(Layer::Draw) { FOLD_IN_MS } else { 0 };
        set("ROOM__FOLD_IN_MS", fold_in);
        let works = self.has(Layer::Work);
        set(
            "GATE__DIFFICULTY",
            u32::from(if works { DIFFICULTY } else { 0 }),
        );
        for device in ["phone", "desktop"] {
            let speed = defaults.number(&["gate", "price", &format!("{device}_hashes_per_s")])?;
            // So that prices stand to each other as at the usual difficulty.
            let name = format!("GATE__PRICE__{}_HASHES_PER_S", device.to_uppercase());
            set(&name, ((speed / defaults.easier()?) as u32).max(1));
        }
        for network in ["ipv4_32", "ipv4_24", "ipv6_64", "ipv6_56", "ipv6_48"] {
            let budget = match self.has(Layer::Network) {
                true => scaled(defaults.number(&["gate", "network", network])?, honest),
                false => NO_BOUND,
            };
            set(
                &format!("GATE__NETWORK__{}", network.to_uppercase()),
                budget,
            );
        }
        let crowd = scaled(defaults.number(&["gate", "device_crowd"])?, honest);
        set("GATE__DEVICE_CROWD", crowd);
        if !self.has(Layer::Suspicion) {
            for reason in defaults.names(&["gate", "weights"])? {
                set(&format!("GATE__WEIGHTS__{}", reason.to_uppercase()), 0);
            }
        }
        let named = settings.into_iter();
        Ok(named
            .map(|(name, value)| (format!("SLUICE_{name}"), value))
            .collect())
    }
}

/// What counts people at full size, at the scale of so many honest ones; at least 1.
pub fn scaled(at_full_size: f64, honest: u32) -> u32 {
    ((at_full_size * f64::from(honest) / FULL_SIZE).round() as u32).max(1)
}

impl fmt::Display for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |stands: bool| {
            Layer::ALL
                .into_iter()
                .filter(move |l| self.has(*l) == stands)
        };
        let list = |layers: Vec<Layer>| {
            let names: Vec<&str> = layers.into_iter().map(Layer::name).collect();
            names.join("+")
        };
        let (on, off): (Vec<_>, Vec<_>) = (named(true).collect(), named(false).collect());
        match (on.len(), off.len()) {
            (0, _) => f.pad("none"),
            (_, 0) => f.pad("all"),
            (_, 1) => f.pad(&format!("all-{}", list(off))),
            _ => f.pad(&list(on)),
        }
    }
}

impl FromStr for Layers {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut known = Self::sets().into_iter();
        let names = || {
            let all: Vec<String> = Self::sets().iter().map(Self::to_string).collect();
            format!("expected one of {}", all.join(", "))
        };
        known.find(|set| set.to_string() == text).ok_or_else(names)
    }
}

/// The server's compiled-in settings.
#[derive(Debug)]
pub struct Defaults(toml::Value);

impl Defaults {
    /// Reads them.
    pub fn read() -> Result<Self> {
        let table: toml::Table = toml::from_str(DEFAULTS).context("Leptos.toml")?;
        Ok(Self(toml::Value::Table(table)))
    }

    fn at(&self, path: &[&str]) -> Result<&toml::Value> {
        let found = path
            .iter()
            .try_fold(&self.0, |value, name| value.get(*name));
        found.with_context(|| format!("no {} in Leptos.toml", path.join(".")))
    }

    /// A number.
    pub fn number(&self, path: &[&str]) -> Result<f64> {
        let number = self.at(path)?.as_integer();
        let number = number.with_context(|| format!("{} is no number", path.join(".")))?;
        Ok(number as f64)
    }

    /// The names in a table.
    pub fn names(&self, path: &[&str]) -> Result<Vec<String>> {
        let table = self.at(path)?.as_table();
        let table = table.with_context(|| format!("{} is no table", path.join(".")))?;
        Ok(table.keys().cloned().collect())
    }

    /// How many times less work a puzzle of a contest is than one of a real sale.
    pub fn easier(&self) -> Result<f64> {
        let usual = self.number(&["gate", "difficulty"])?;
        Ok((usual - f64::from(DIFFICULTY)).exp2())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_set_has_a_name_and_is_found_by_it() {
        let names: BTreeSet<String> = Layers::sets().iter().map(Layers::to_string).collect();
        assert_eq!(names.len(), 2 + 2 * Layer::ALL.len());
        for set in Layers::sets() {
            assert_eq!(set.to_string().parse(), Ok(set));
        }
        assert!("everything".parse::<Layers>().is_err());
    }

    #[test]
    fn a_layer_that_is_off_changes_its_own_settings_and_no_others() {
        let defaults = Defaults::read().unwrap();
        let settings = |layers: Layers| -> BTreeSet<(String, String)> {
            let all = layers.settings(1000, &defaults, "http://desk").unwrap();
            all.into_iter().collect()
        };
        let all = settings(Layers::ALL);
        for layer in Layer::ALL {
            let without = settings(Layers::ALL.with(layer, false));
            let part = match layer {
                Layer::Work => "SLUICE_GATE__DIFFICULTY",
                Layer::Network => "SLUICE_GATE__NETWORK__",
                Layer::Suspicion => "SLUICE_GATE__WEIGHTS__",
                Layer::Draw => "SLUICE_ROOM__FOLD_IN_MS",
                // It is the sale that says it.
                Layer::Identity => "nothing",
            };
            for (name, _) in all.symmetric_difference(&without) {
                assert!(name.starts_with(part), "{name} for {}", layer.name());
            }
            assert_eq!(all == without, layer == Layer::Identity);
        }
    }

    #[test]
    fn budgets_are_to_scale_and_never_nothing() {
        assert_eq!(scaled(500.0, 1000), 5);
        assert_eq!(scaled(50.0, 10), 1);
        assert_eq!(scaled(500.0, 100_000), 500);
    }
}
