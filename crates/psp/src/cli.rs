//! The options of `sluice psp`. The `sluice` binary flattens [`PspArgs`] into its own command line.

use std::{fmt, net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, value_parser};

use crate::{Faults, Settings};

/// A payment provider on loopback: Stripe's wire format, test cards, a bank that remembers.
#[derive(Clone, Args)]
pub struct PspArgs {
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1:12111", value_name = "ADDR")]
    pub listen: SocketAddr,

    /// Send signed events to this URL
    #[arg(long, env = "SLUICE_PSP_WEBHOOK_URL", value_name = "URL")]
    pub webhook_url: Option<String>,

    /// Secret that signs the events
    #[arg(
        long,
        env = "SLUICE_PSP_WEBHOOK_SECRET",
        hide_env_values = true,
        default_value = "whsec_sluice",
        value_name = "SECRET"
    )]
    pub webhook_secret: String,

    /// The shop's key
    #[arg(
        long,
        env = "SLUICE_PSP_SECRET_KEY",
        hide_env_values = true,
        default_value = "sk_test_sluice",
        value_name = "KEY"
    )]
    pub secret_key: String,

    /// The browser's key, which may only save cards
    #[arg(
        long,
        env = "SLUICE_PSP_PUBLISHABLE_KEY",
        default_value = "pk_test_sluice",
        value_name = "KEY"
    )]
    pub publishable_key: String,

    /// Answer 429 above this many calls a second (default: no limit)
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..))]
    pub calls_per_s: Option<u32>,

    /// How long each call takes, in milliseconds
    #[arg(long, default_value_t = 0, value_name = "MS")]
    pub latency_ms: u64,

    /// What goes wrong: none, storm, slow, webhooks-lost, webhooks-fivefold, or a JSON object as
    /// `/control/faults` shows it
    #[arg(
        long,
        env = "SLUICE_PSP_FAULTS",
        default_value = "none",
        value_name = "FAULTS"
    )]
    pub faults: Faults,

    /// Makes the faults' chances repeatable
    #[arg(long, value_name = "SEED")]
    pub fault_seed: Option<u64>,

    /// How long a hold lasts, in seconds by the simulator's clock (default: seven days)
    #[arg(long, default_value_t = 604_800, value_name = "S", value_parser = value_parser!(u64).range(1..))]
    pub hold_s: u64,

    /// What each card can pay, in minor units (default: any amount)
    #[arg(long, value_name = "MINOR")]
    pub card_limit: Option<u64>,

    /// Journal file that lets the bank remember across restarts (default: memory only)
    #[arg(long, value_name = "FILE")]
    pub data: Option<PathBuf>,
}

impl PspArgs {
    /// The settings these options ask for. The listening address stays with the caller.
    pub fn into_settings(self) -> Settings {
        Settings {
            secret_key: self.secret_key,
            publishable_key: self.publishable_key,
            webhook_secret: self.webhook_secret,
            webhook_url: self.webhook_url,
            calls_per_s: self.calls_per_s,
            latency: Duration::from_millis(self.latency_ms),
            faults: Faults {
                seed: self.fault_seed.or(self.faults.seed),
                ..self.faults
            },
            hold_s: self.hold_s,
            card_limit: self.card_limit,
            data: self.data,
        }
    }
}

impl fmt::Debug for PspArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PspArgs")
            .field("listen", &self.listen)
            .field("settings", &self.clone().into_settings())
            .finish()
    }
}
