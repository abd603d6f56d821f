//! The command line.

use clap::{Args, Parser, Subcommand};
use std::ffi::OsString;
use std::time::Duration;

/// The crowd that comes to a sale, and the auditor who checks what became of it.
#[derive(Debug, Parser)]
#[command(name = "herd", version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What herd can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Send a crowd through the whole journey of a sale and audit the result
    Crowd(Box<CrowdArgs>),
    /// Send bots beside an honest crowd, and tell whose the units are with which layers of the defence
    Adversary(AdversaryArgs),
    /// Click Buy with far more passes than there are units, and a thousand times with one of them
    Buys(BuysArgs),
    /// Be the server (herd starts itself this way when no --url is given)
    #[command(hide = true)]
    Edge {
        /// The server's own arguments
        #[arg(last = true)]
        args: Vec<OsString>,
    },
}

/// `herd crowd`.
#[derive(Clone, Debug, Args)]
pub struct CrowdArgs {
    /// How many shoppers come
    #[arg(long, default_value_t = 2000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub shoppers: u32,

    /// Everyone presses Join within this time (default: 1s; with --continuous 45s)
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub within: Option<Duration>,

    /// Units of the sale on herd's own server
    #[arg(long, default_value_t = 100, value_name = "U", value_parser = clap::value_parser!(u32).range(1..))]
    pub units: u32,

    /// Share that leaves without buying when called
    #[arg(long, default_value_t = 0.0, value_name = "P", value_parser = share)]
    pub no_shows: f64,

    /// Share whose first card is declined
    #[arg(long, default_value_t = 0.0, value_name = "P", value_parser = share)]
    pub declines: f64,

    /// What goes wrong at the payment simulator while the crowd is there: storm, slow, webhooks-lost,
    /// webhooks-fivefold, none, or a JSON object (default: as it is)
    #[arg(long, value_name = "FAULTS")]
    pub psp_faults: Option<String>,

    /// Calls a second that the payment provider allows herd's own server
    #[arg(long, default_value_t = 500, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub psp_calls_per_s: u32,

    /// Share that arrives after the draw
    #[arg(long, default_value_t = 0.0, value_name = "P", value_parser = share)]
    pub late: f64,

    /// Server to visit; without it herd starts one of its own, fresh, and ends it afterwards
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,

    /// Sale to visit (default: the first that is in its lobby or open)
    #[arg(long, value_name = "ID")]
    pub sale: Option<protocol::SaleId>,

    /// Payment provider of the given server
    #[arg(
        long,
        env = "PSP_URL",
        default_value = "http://127.0.0.1:12111",
        value_name = "URL"
    )]
    pub psp_url: String,

    /// Publishable key of the payment provider
    #[arg(
        long,
        env = "PSP_KEY",
        default_value = "pk_test_sluice",
        value_name = "KEY"
    )]
    pub psp_key: String,

    /// Secret key of the payment simulator, to ask its bank what happened to the money
    #[arg(
        long,
        env = "PSP_SECRET_KEY",
        hide_env_values = true,
        default_value = "sk_test_sluice",
        value_name = "KEY"
    )]
    pub psp_secret_key: String,

    /// Operator's password of the given server; with it the ledger is audited too
    #[arg(
        long,
        env = "SLUICE_SERVER__OPERATOR_PASSWORD",
        hide_env_values = true,
        value_name = "PASSWORD"
    )]
    pub operator_password: Option<String>,

    /// Keep coming until the opening, gently, and end quietly with the sale: company for a visitor
    #[arg(long, alias = "demo")]
    pub continuous: bool,

    /// Ask for the challenge and solve it only when pressing Join
    #[arg(long)]
    pub cold: bool,

    /// With --cold: also load this page first, such as /sales/demo
    #[arg(long, value_name = "PATH", requires = "cold")]
    pub page: Option<String>,

    /// Every shopper polls the status by itself, instead of one poller for all
    #[arg(long)]
    pub poll_each: bool,

    /// Every shopper gives a card as soon as there is a place, instead of when the turn is near
    #[arg(long)]
    pub cards_at_once: bool,

    /// Time each shopper takes to type a card, at most
    #[arg(long, default_value = "1s", value_name = "DURATION", value_parser = duration)]
    pub typing: Duration,

    /// Connections kept alive and shared by the crowd
    #[arg(long, default_value_t = 1024, value_name = "N", value_parser = clap::value_parser!(u32).range(4..=10_000))]
    pub connections: u32,

    /// Threads that solve proofs (default: one for each core)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=256))]
    pub solvers: Option<u32>,

    /// Difficulty of the proof of work on herd's own server
    #[arg(long, value_name = "BITS", value_parser = clap::value_parser!(u8).range(0..=32))]
    pub difficulty: Option<u8>,

    /// Admissions per second on herd's own server
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: Option<u32>,

    /// Time between the opening and the draw on herd's own server
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub fold_in: Option<Duration>,

    /// Patience for one request that is answered with "busy", before it counts as an error
    #[arg(long, default_value = "60s", value_name = "DURATION", value_parser = duration)]
    pub patience: Duration,

    /// End after this long, counted from the first Join, even if shoppers still wait
    #[arg(long, default_value = "5m", value_name = "DURATION", value_parser = duration)]
    pub give_up: Duration,

    /// Time the payments get to settle before the audit fails (default: from the number of cards)
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub settle: Option<Duration>,

    /// Seed of the crowd's behaviour and of its card numbers (default: a new one)
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,

    /// Write what happened over time to this file, as JSON: what the plots are drawn from
    #[arg(long, value_name = "FILE")]
    pub trace: Option<std::path::PathBuf>,

    /// Print the result as one JSON object
    #[arg(long)]
    pub json: bool,

    /// No progress lines
    #[arg(long)]
    pub quiet: bool,
}

/// `herd buys`.
#[derive(Clone, Debug, Args)]
pub struct BuysArgs {
    /// How many people click Buy, each with a pass of their own
    #[arg(long, default_value_t = 100_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub passes: u32,

    /// Units of the sale
    #[arg(long, default_value_t = 1000, value_name = "U", value_parser = clap::value_parser!(u32).range(1..))]
    pub units: u32,

    /// How often one shopper clicks, all at once
    #[arg(long, default_value_t = 1000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub clicks: u32,

    /// Connections over which Buy is clicked
    #[arg(long, default_value_t = 1000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub connections: u32,

    /// Print the result as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `herd adversary`.
#[derive(Clone, Debug, Args)]
pub struct AdversaryArgs {
    /// Sales for each attacker and each set of layers
    #[arg(long, default_value_t = 30, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=1000))]
    pub seeds: u32,

    /// Honest people in each sale; as many bots come
    #[arg(long, default_value_t = 1000, value_name = "N", value_parser = clap::value_parser!(u32).range(10..=100_000))]
    pub honest: u32,

    /// Units of each sale
    #[arg(long, default_value_t = 100, value_name = "U", value_parser = clap::value_parser!(u32).range(1..))]
    pub units: u32,

    /// Who attacks (default: everybody)
    #[arg(long, value_delimiter = ',', value_name = "NAMES", value_parser = crate::adversary::attackers::named)]
    pub attackers: Vec<&'static crate::adversary::attackers::Attacker>,

    /// Which layers stand: none, all, one such as draw, or all but one such as all-draw (default: each of these)
    #[arg(long, value_delimiter = ',', value_name = "SETS")]
    pub layers: Vec<crate::adversary::layers::Layers>,

    /// Sales side by side on a server
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub at_once: u32,

    /// Seed of addresses, looks and dice (the draws are the server's own)
    #[arg(long, default_value_t = 1, value_name = "S")]
    pub seed: u64,

    /// Print the result as one JSON object
    #[arg(long)]
    pub json: bool,

    /// No progress lines
    #[arg(long)]
    pub quiet: bool,
}

impl CrowdArgs {
    /// The time within which everyone presses Join.
    pub fn within(&self) -> Duration {
        let usual = if self.continuous { 45 } else { 1 };
        self.within.unwrap_or(Duration::from_secs(usual))
    }
}

/// Reads `500ms`, `1s`, `1.5s`, `2m`.
fn duration(text: &str) -> Result<Duration, String> {
    let units = [("ms", 0.001), ("s", 1.0), ("m", 60.0)];
    let read = |(unit, scale): (&str, f64)| {
        let number: f64 = text.strip_suffix(unit)?.parse().ok()?;
        Duration::try_from_secs_f64(number * scale).ok()
    };
    units
        .into_iter()
        .find_map(read)
        .ok_or_else(|| "expected a duration such as 500ms, 1s or 2m".to_owned())
}

/// Reads a share from 0 to 1.
fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("expected a share from 0 to 1, such as 0.3".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn durations_are_read_with_their_unit_only() {
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        for bad in ["", "1", "s", "-1s", "infs", "NaNs", "1h"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn shares_are_between_none_and_all() {
        assert_eq!(share("0.3"), Ok(0.3));
        for bad in ["", "30", "-0.1", "NaN"] {
            assert!(share(bad).is_err(), "{bad}");
        }
    }
}
