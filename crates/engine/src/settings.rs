//! What of the engine can be set, by room. Defaults live in `Leptos.toml`, not here.

use crate::gate::{Band, Provider, Weights};
use crate::room::Beacon;
use ipnet::IpNet;
use protocol::challenge::MAX_LIFETIME_MS;
use protocol::proof::MAX_ROUNDS;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Everything the engine can be told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// Challenge and proof.
    pub gate: GateSettings,
    /// Waiting room.
    pub room: RoomSettings,
    /// Reservations.
    pub stock: StockSettings,
    /// Payments.
    pub payment: PaymentSettings,
}

/// `[gate]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GateSettings {
    /// Rounds of a proof, 1 to 64.
    pub rounds: u8,
    /// Leading zero bits each round needs, 0 to 32.
    pub difficulty: u8,
    /// How long a challenge may be used, ms; at most 120,000.
    pub challenge_ttl_ms: u64,
    /// Budgets of networks.
    pub network: NetworkSettings,
    /// What more or less than the usual is asked for.
    pub price: PriceSettings,
    /// Suspicion from which an arrival is grey, 1 to 99; below it is clear.
    pub grey_from: u8,
    /// Suspicion from which it is dark; more than `grey_from`, at most 100.
    pub dark_from: u8,
    /// More challenges than so many, for the same kind of device in the same network, in ten minutes are a crowd.
    pub device_crowd: u32,
    /// What each reason weighs.
    pub weights: Weights,
    /// Who asks the CAPTCHA.
    pub captcha: CaptchaSettings,
}

/// `[gate.network]`: challenges for each network within a window at the usual price.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkSettings {
    /// Networks of the operator's own, which have no budget: proxies, monitoring.
    pub own: Vec<IpNet>,
    /// The window, s; 1 to 86,400. A budget that is used up comes back evenly in this time.
    pub window_s: u64,
    /// Of one IPv4 address.
    pub ipv4_32: u32,
    /// Of 256 IPv4 addresses.
    pub ipv4_24: u32,
    /// Of an IPv6 link.
    pub ipv6_64: u32,
    /// Of an IPv6 customer.
    pub ipv6_56: u32,
    /// Of an IPv6 site.
    pub ipv6_48: u32,
    /// Who comes from a network that has used up so many budgets is suspicious (`network_crowded`); 1 to 100.
    pub suspect_at: u32,
    /// A network that has used up so many budgets gets no challenge for now; 1 to 100.
    pub refuse_at: u32,
}

impl NetworkSettings {
    /// All budgets, in the order of the gate's levels.
    fn budgets(&self) -> [u32; 5] {
        [
            self.ipv4_32,
            self.ipv4_24,
            self.ipv6_64,
            self.ipv6_56,
            self.ipv6_48,
        ]
    }

    pub(crate) fn budget(&self, level: usize) -> u32 {
        self.budgets()[level]
    }

    fn check(&self) -> Result<(), &'static str> {
        let window_ms = self.window_s.saturating_mul(1000);
        let fits = |budget: u32| (1..=window_ms).contains(&budget.into());
        if !(1..=86_400).contains(&self.window_s) {
            Err("gate.network.window_s has to be from 1 to 86400")
        } else if !self.budgets().into_iter().all(fits) {
            Err("gate.network: each budget has to be from 1 to one for each ms of the window")
        } else if self.ipv4_24 < self.ipv4_32
            || self.ipv6_56 < self.ipv6_64
            || self.ipv6_48 < self.ipv6_56
        {
            Err("gate.network: a wider network has to have at least the budget of a narrower one")
        } else if !(1..=100).contains(&self.refuse_at) {
            Err("gate.network.refuse_at has to be from 1 to 100")
        } else if !(1..=100).contains(&self.suspect_at) {
            Err("gate.network.suspect_at has to be from 1 to 100")
        } else {
            Ok(())
        }
    }
}

/// `[gate.price]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceSettings {
    /// So many challenges a second on one edge are no reason to ask for more; at least 1.
    pub calm_per_s: u32,
    /// Hashes that a slow phone does in a second, all of its workers together; at least 1.
    pub phone_hashes_per_s: u32,
    /// The same of a slow desktop.
    pub desktop_hashes_per_s: u32,
    /// More than the fastest browser does in a second, all of its workers together: who is faster is none; at least 1.
    pub fastest_hashes_per_s: u32,
}

impl PriceSettings {
    fn check(&self) -> Result<(), &'static str> {
        match [
            self.calm_per_s,
            self.phone_hashes_per_s,
            self.desktop_hashes_per_s,
            self.fastest_hashes_per_s,
        ]
        .contains(&0)
        {
            true => Err("gate.price: each figure has to be at least 1"),
            false => Ok(()),
        }
    }
}

/// `[gate.captcha]`
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaptchaSettings {
    /// This edge, or an outside service.
    pub provider: Provider,
    /// Our public key at the service.
    pub site_key: String,
    /// Our secret there.
    pub secret: String,
    /// The host that its widget runs on.
    pub hostname: String,
    /// Where it is asked about a token; empty for its own address.
    pub verify_url: String,
    /// How long it may take to answer, ms.
    pub timeout_ms: u64,
}

impl fmt::Debug for CaptchaSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Holds a secret: what is printed is chosen, not derived.
        f.debug_struct("CaptchaSettings")
            .field("provider", &self.provider)
            .field("hostname", &self.hostname)
            .finish_non_exhaustive()
    }
}

impl CaptchaSettings {
    fn check(&self) -> Result<(), &'static str> {
        let needed = [&self.site_key, &self.secret, &self.hostname];
        if self.provider != Provider::Own && needed.iter().any(|text| text.is_empty()) {
            Err("gate.captcha: a service needs site_key, secret and hostname")
        } else if !(1..=10_000).contains(&self.timeout_ms) {
            Err("gate.captcha.timeout_ms has to be from 1 to 10000")
        } else {
            Ok(())
        }
    }
}

impl GateSettings {
    /// What is wrong with them, if anything.
    pub fn check(&self) -> Result<(), &'static str> {
        if !(1..=MAX_ROUNDS).contains(&self.rounds) {
            Err("gate.rounds has to be from 1 to 64")
        } else if self.difficulty > 32 {
            Err("gate.difficulty has to be from 0 to 32")
        } else if !(1..=MAX_LIFETIME_MS).contains(&self.challenge_ttl_ms) {
            Err(
                "gate.challenge_ttl_ms has to be from 1 to 120000: what was used is remembered no longer",
            )
        } else if !(1 <= self.grey_from && self.grey_from < self.dark_from && self.dark_from <= 100)
        {
            Err(
                "gate.grey_from has to be at least 1, and less than gate.dark_from, which is at most 100",
            )
        } else {
            self.network.check()?;
            self.price.check()?;
            self.weights.check(self.grey_from)?;
            self.captcha.check()
        }
    }

    /// Where this much suspicion leads.
    pub(crate) fn band(&self, suspicion: u8) -> Band {
        if suspicion < self.grey_from {
            Band::Clear
        } else if suspicion < self.dark_from {
            Band::Grey
        } else {
            Band::Dark
        }
    }
}

/// `[room]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoomSettings {
    /// Admissions per second of a sale that does not say otherwise.
    pub rate: u32,
    /// From the opening to the draw, ms: a slow phone needs time for its proof.
    pub fold_in_ms: u64,
    /// Most joins in one batch.
    pub batch_max: usize,
    /// How long the first join of a batch waits for others, ms.
    pub batch_wait_ms: u64,
    /// Most joins that may wait for a batch; beyond it the edge says `busy`.
    pub queue_max: usize,
    /// How often the state is read and the frontier advanced, ms.
    pub tick_ms: u64,
    /// Most passes in use at once.
    pub active_max: u32,
    /// Who is called and does not enter within this time costs no capacity, ms: the slot goes on to the next.
    pub claim_ms: u64,
    /// The ledger is slow when 1 in 100 answers takes longer than this, ms; admission then gives way.
    pub slow_ledger_ms: u64,
    /// The same for a call to the payment provider, ms.
    pub slow_payment_ms: u64,
    /// How long a pass holds, ms.
    pub pass_ttl_ms: u64,
    /// Where a public beacon is read, `{round}` standing for the number of a value; empty for none.
    pub beacon_url: String,
    /// When its round 1 was published, Unix s.
    pub beacon_genesis_s: u64,
    /// From one of its rounds to the next, s; at least 1.
    pub beacon_period_s: u64,
}

impl RoomSettings {
    /// The beacon of sales that are announced from now on.
    pub(crate) fn beacon(&self) -> Option<Beacon> {
        (!self.beacon_url.is_empty()).then(|| Beacon {
            url: self.beacon_url.clone(),
            genesis_s: self.beacon_genesis_s,
            period_s: self.beacon_period_s.max(1),
        })
    }
}

/// `[stock]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StockSettings {
    /// How long a reservation holds its unit before it must be claimed, ms.
    pub lease_ms: u64,
}

/// `[payment]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentSettings {
    /// This edge drives what is owed to the provider; otherwise another one or `sluice worker` does.
    pub worker: bool,
    /// Calls per second that the provider allows us.
    pub calls_per_s: u32,
    /// Most calls under way at once.
    pub concurrency: usize,
    /// How long an authorization request waits for its result before it answers `processing`, ms.
    pub wait_ms: u64,
    /// How long one call may take, ms.
    pub timeout_ms: u64,
    /// How long a worker may hold a duty before another takes it over, ms; longer than a few calls.
    pub lease_ms: u64,
    /// How often the outbox is looked at when nobody rings, ms.
    pub look_ms: u64,
    /// How often the provider's list is looked through for holds that nobody owns, ms.
    pub sweep_ms: u64,
    /// A hold older than this is asked for again: the bank may have let go of it, ms.
    pub hold_ms: u64,
    /// With the policy `by_rank`: cards are held as far as so many ranks behind the frontier for each free unit.
    pub horizon: u32,
    /// What the provider charges for a hold that is not taken, minor units; for the plan that the operator reads.
    pub hold_fee_minor: i64,
}
