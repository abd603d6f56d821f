//! How this edge runs: the defaults of `Leptos.toml`, compiled in; then `--config FILE`; then the environment.

use engine::{GateSettings, RoomSettings, Settings, StockSettings};
use figment::Figment;
use figment::providers::{Env, Format as _, Serialized, Toml};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The defaults, as they stand at the top of the repository.
pub const DEFAULTS: &str = include_str!("../../Leptos.toml");

/// Everything that can be set.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The leptos table, read by leptos itself.
    #[serde(rename = "workspace", default)]
    _workspace: serde::de::IgnoredAny,
    /// `[server]`
    pub server: ServerConfig,
    /// `[sale]`: the demo sale.
    pub sale: DemoConfig,
    /// `[gate]`
    pub gate: GateSettings,
    /// `[room]`
    pub room: RoomSettings,
    /// `[stock]`
    pub stock: StockSettings,
    /// `[redis]`
    pub redis: RedisConfig,
    /// `[ledger]`
    pub ledger: LedgerConfig,
    /// `[payment]`
    pub payment: PaymentConfig,
}

/// `[server]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// The public address.
    pub listen: SocketAddr,
    /// The admin address.
    pub admin_listen: SocketAddr,
    /// As shoppers see it.
    pub public_url: String,
    /// Proxies in front that append to `X-Forwarded-For`.
    pub trusted_hops: usize,
    /// Largest JSON body, bytes.
    pub body_max: usize,
    /// Longest time for one answer, ms.
    pub timeout_ms: u64,
    /// Longest time for the head of a request, and between two requests of a connection, ms.
    pub idle_ms: u64,
    /// Most connections at once.
    pub connections_max: usize,
    /// Most of them from one network; counts only without proxies in front.
    pub connections_per_network: usize,
    /// Directory of the embedded parts.
    pub data: PathBuf,
    /// `ID:64 hexadecimal digits`, the digits alone for id 1, or empty.
    pub secret: String,
    /// Secrets whose tokens still count, with commas between them.
    pub older_secrets: String,
    /// Or empty.
    pub operator_password: String,
    /// `text` or `json`.
    pub log_format: LogFormat,
}

impl std::fmt::Debug for ServerConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Holds secrets: what is printed is chosen, not derived.
        f.debug_struct("ServerConfig")
            .field("listen", &self.listen)
            .field("data", &self.data)
            .finish_non_exhaustive()
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// `[sale]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoConfig {
    /// What is sold.
    pub title: String,
    /// A sentence about it.
    pub description: String,
    /// How many.
    pub units: u32,
    /// Price in minor units.
    pub price_minor: i64,
    /// ISO 4217.
    pub currency: protocol::Currency,
    /// From the start to the opening, s.
    pub opens_after_s: u64,
}

/// `[redis]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedisConfig {
    /// Empty for the embedded one.
    pub url: String,
}

impl std::fmt::Debug for RedisConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisConfig")
            .field("url", &engine::redis::shown(&self.url))
            .finish()
    }
}

/// `[ledger]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerConfig {
    /// Empty for the embedded one.
    pub url: String,
}

impl std::fmt::Debug for LedgerConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LedgerConfig").finish_non_exhaustive()
    }
}

/// `[payment]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentConfig {
    /// Does this edge run the payment worker?
    pub worker: bool,
    /// Empty for the simulator.
    pub url: String,
    /// The provider's secret key.
    pub secret_key: String,
    /// The provider's publishable key.
    pub publishable_key: String,
    /// The provider's script for the browser, with its card form; empty for the simulator's form. Stripe's own
    /// API brings Stripe's own script.
    pub script_url: String,
    /// Other origins that the script frames, such as `https://hooks.stripe.com`; separated by spaces.
    pub frame_origins: String,
    /// Signs the provider's webhooks.
    pub webhook_secret: String,
    /// Where the simulator listens.
    pub psp_listen: SocketAddr,
    /// Calls per second that the provider allows.
    pub calls_per_s: u32,
    /// Most calls under way at once.
    pub concurrency: usize,
    /// How long a shopper waits for an authorization before `processing`, ms.
    pub wait_ms: u64,
    /// How long one call may take, ms.
    pub timeout_ms: u64,
    /// How long a worker may hold a duty before another takes it over, ms.
    pub lease_ms: u64,
    /// How often the outbox is looked at when nobody rings, ms.
    pub look_ms: u64,
    /// How often holds that nobody owns are looked for, ms.
    pub sweep_ms: u64,
    /// How long a bank can be trusted to keep a hold, ms.
    pub hold_ms: u64,
    /// Ranks behind the frontier whose cards are held, for each free unit.
    pub horizon: u32,
    /// The provider's fee for a hold that is not taken, minor units.
    pub hold_fee_minor: i64,
}

impl std::fmt::Debug for PaymentConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PaymentConfig")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// What the command line says, over everything else.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Overrides {
    /// `--data`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<PathBuf>,
    /// `--listen`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
}

impl Config {
    /// Reads the layers. Unknown settings and values of the wrong type are errors that name the setting
    /// and where it came from.
    pub fn load(file: Option<&Path>, overrides: &Overrides) -> Result<Self, Box<figment::Error>> {
        let mut layers = Figment::from(Toml::string(DEFAULTS));
        if let Some(file) = file {
            layers = layers.merge(Toml::file_exact(file));
        }
        layers = layers.merge(Env::prefixed("SLUICE_").split("__"));
        for (variable, setting) in [
            ("REDIS_URL", "redis.url"),
            ("DATABASE_URL", "ledger.url"),
            ("PSP_URL", "payment.url"),
            ("STRIPE_SECRET_KEY", "payment.secret_key"),
            ("STRIPE_WEBHOOK_SECRET", "payment.webhook_secret"),
            // Read as text: one of digits alone would be a number.
            (
                "SLUICE_SERVER__OPERATOR_PASSWORD",
                "server.operator_password",
            ),
        ] {
            if let Some(value) = Env::var(variable).filter(|value| !value.is_empty()) {
                layers = layers.merge(Serialized::default(setting, value));
            }
        }
        let mut config: Self = layers
            .merge(Serialized::default("server", overrides))
            .extract()
            .map_err(Box::new)?;
        config
            .gate
            .check()
            .map_err(|wrong| Box::new(figment::Error::from(wrong.to_owned())))?;
        config.settle_ports();
        Ok(config)
    }

    /// A free public port means free ports for everything that listens.
    fn settle_ports(&mut self) {
        if self.server.listen.port() == 0 {
            self.server.admin_listen.set_port(0);
            self.payment.psp_listen.set_port(0);
        }
    }

    /// Behind proxies nobody is one of ours: whoever a proxy says nothing of, or says that they are, pays as the others do.
    fn gate_behind_proxies(&self) -> GateSettings {
        let mut gate = self.gate.clone();
        if self.server.trusted_hops > 0 {
            gate.network.own.clear();
        }
        gate
    }

    /// The engine's part.
    pub fn engine(&self) -> Settings {
        Settings {
            gate: self.gate_behind_proxies(),
            room: self.room.clone(),
            stock: self.stock.clone(),
            payment: engine::PaymentSettings {
                worker: self.payment.worker,
                calls_per_s: self.payment.calls_per_s,
                concurrency: self.payment.concurrency,
                wait_ms: self.payment.wait_ms,
                timeout_ms: self.payment.timeout_ms,
                lease_ms: self.payment.lease_ms,
                look_ms: self.payment.look_ms,
                sweep_ms: self.payment.sweep_ms,
                hold_ms: self.payment.hold_ms,
                horizon: self.payment.horizon,
                hold_fee_minor: self.payment.hold_fee_minor,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiled_in_defaults_are_complete() {
        Config::load(None, &Overrides::default()).unwrap();
    }

    #[test]
    fn leptos_toml_is_in_step_with_cargo_toml() {
        let table = |text: &str| {
            let file: toml::Value = toml::from_str(text).unwrap();
            file["workspace"]["metadata"]["leptos"][0].clone()
        };
        let how_it_runs = table(DEFAULTS);
        let how_it_is_built = table(include_str!("../../Cargo.toml"));
        for (key, value) in how_it_runs.as_table().unwrap() {
            assert_eq!(Some(value), how_it_is_built.get(key), "{key}");
        }
    }

    #[test]
    fn no_secret_is_printed() {
        let mut config = Config::load(None, &Overrides::default()).unwrap();
        config.redis.url = "redis://:sesame@cache.example/1".into();
        config.ledger.url = "postgres://sluice:sesame@ledger.example/sluice".into();
        let gate = &mut config.gate.captcha;
        for secret in [
            &mut config.server.secret,
            &mut config.server.older_secrets,
            &mut config.server.operator_password,
            &mut config.payment.secret_key,
            &mut config.payment.webhook_secret,
            &mut gate.secret,
        ] {
            *secret = "sesame".into();
        }
        let printed = format!("{config:?}");
        assert!(printed.contains("redis://cache.example/1"), "{printed}");
        assert!(!printed.contains("sesame"), "{printed}");
    }

    #[test]
    fn a_challenge_that_would_outlive_the_memory_of_its_use_is_no_setting() {
        for wrong in [
            "challenge_ttl_ms = 120001",
            "rounds = 0",
            "rounds = 65",
            "difficulty = 33",
        ] {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), format!("[gate]\n{wrong}\n")).unwrap();
            let error = Config::load(Some(file.path()), &Overrides::default()).unwrap_err();
            assert!(error.to_string().contains("gate."), "{wrong}: {error}");
        }
    }

    #[test]
    fn budgets_that_bound_nothing_or_nobody_are_no_settings() {
        for wrong in [
            "[gate.network]\nwindow_s = 0",
            "[gate.network]\nwindow_s = 86401",
            "[gate.network]\nipv4_32 = 0",
            "[gate.network]\nipv4_32 = 600001\nipv4_24 = 600001",
            "[gate.network]\nipv4_24 = 499",
            "[gate.network]\nipv6_48 = 99",
            "[gate.network]\nrefuse_at = 0",
            "[gate.network]\nrefuse_at = 101",
            "[gate.network]\nsuspect_at = 0",
            "[gate.network]\nown = [\"10.0.0.0/33\"]",
            "[gate.price]\ncalm_per_s = 0",
            "[gate.price]\nphone_hashes_per_s = 0",
        ] {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), wrong).unwrap();
            let error = Config::load(Some(file.path()), &Overrides::default()).unwrap_err();
            assert!(error.to_string().contains("gate."), "{wrong}: {error}");
        }
    }

    #[test]
    fn an_unknown_setting_is_an_error_that_names_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "[room]\nrat = 5\n").unwrap();
        let error = Config::load(Some(file.path()), &Overrides::default()).unwrap_err();
        assert!(error.to_string().contains("rat"), "{error}");
    }
}
