//! The commands of `sluice`.

use crate::audit::{self, AuditArgs, ReconcileArgs};
use crate::config::{Config, Overrides};
use crate::startup::{self, Serve};
use crate::verify::{self, VerifyArgs};
use crate::{demo, telemetry};
use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use engine::sale::Act;
use protocol::wire::{HoldPolicy, NewSale};
use protocol::{Currency, Money, SaleId};
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;

/// A test build owns up to it: `make run` and `make bench` refuse to run one.
const VERSION: &str = match engine::seeded::FAILPOINTS {
    true => concat!(env!("CARGO_PKG_VERSION"), " (test build: failpoints)"),
    false => env!("CARGO_PKG_VERSION"),
};

/// Flash sales that cannot oversell: a waiting room, a fair draw, one click.
#[derive(Parser)]
#[command(name = "sluice", version = VERSION, about)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Args)]
struct Common {
    /// Settings over the compiled-in ones (see Leptos.toml)
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the embedded parts keep what they must not lose
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve (the default)
    Serve(ServeArgs),
    /// Drive what is owed to the payment provider, and nothing else, on the stores of running edges
    Worker {
        /// Write the address here, as JSON, once it works
        #[arg(long, value_name = "FILE")]
        ready_file: Option<PathBuf>,
    },
    /// Check the invariants of a sale, or of all, running or stopped; exit code 1 when one is broken
    Audit(AuditArgs),
    /// Repair what a fault left behind, as far as it can be proven; exit code 1 when something is left
    Reconcile(ReconcileArgs),
    /// Recompute a draw from what any server publishes of it; exit code 1 when it is not in order
    VerifyDraw(VerifyArgs),
    /// Serve the payment simulator alone
    Psp(Box<psp::cli::PspArgs>),
    /// Announce and steer sales on the running system
    Sale {
        #[command(subcommand)]
        act: SaleCommand,
    },
}

#[derive(Args, Default)]
struct ServeArgs {
    /// Public address; port 0 takes free ports for everything
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Open a demo sale and send CROWD people to it
    #[arg(long)]
    demo: bool,
    /// Write the addresses here, as JSON, once everything answers
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
}

#[derive(Subcommand)]
enum SaleCommand {
    /// Announce a sale
    Create {
        /// Its name in URLs
        sale: SaleId,
        /// What is sold
        #[arg(long)]
        title: String,
        /// A sentence about it
        #[arg(long, default_value = "")]
        description: String,
        /// How many
        #[arg(long)]
        units: u32,
        /// Price of one, in minor units: 12900 is 129.00 EUR
        #[arg(long)]
        price: i64,
        /// ISO 4217 code
        #[arg(long, default_value = "EUR")]
        currency: Currency,
        /// Seconds from now to the opening
        #[arg(long, value_name = "SECONDS")]
        opens_in: u64,
        /// Admissions per second
        #[arg(long)]
        rate: Option<u32>,
        /// Most units for one email, browser or card
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
        limit_per_buyer: u32,
        /// How many people may come: decides when cards are held
        #[arg(long)]
        expected: Option<u32>,
        /// When cards are held: on_entry or by_rank; what suits the expected crowd when absent
        #[arg(long)]
        policy: Option<HoldPolicy>,
    },
    /// Announce the demo sale again
    Demo,
    /// List the sales
    List,
    /// Open now instead of at the announced time
    Open { sale: SaleId },
    /// Hold everything; places are kept
    Pause {
        sale: SaleId,
        /// What everyone reads meanwhile
        #[arg(long, default_value = "The sale is paused. Your place is kept.")]
        message: String,
    },
    /// Go on
    Resume { sale: SaleId },
    /// End for good
    End { sale: SaleId },
}

/// Runs one command and answers how it ended. Every binary that is `sluice` calls this.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Clap knows whether this is help on stdout or an error on stderr.
            let _ = error.print();
            return ExitCode::from(error.exit_code() as u8);
        }
    };
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return complain(&error.into()),
    };
    match runtime.block_on(execute(cli)) {
        Ok(code) => code,
        Err(error) => complain(&error),
    }
}

fn complain(error: &anyhow::Error) -> ExitCode {
    eprintln!("sluice: {error:#}");
    ExitCode::FAILURE
}

async fn execute(cli: Cli) -> anyhow::Result<ExitCode> {
    let Cli { common, command } = cli;
    let load = |listen| {
        let overrides = Overrides {
            data: common.data.clone(),
            listen,
        };
        Config::load(common.config.as_deref(), &overrides).context("the settings cannot be read")
    };
    match command.unwrap_or_else(|| Command::Serve(ServeArgs::default())) {
        Command::Serve(args) => {
            let config = load(args.listen)?;
            telemetry::start(config.server.log_format);
            let serve = Serve {
                config,
                demo: args.demo,
                ready_file: args.ready_file,
            };
            startup::serve(serve, stop_on_signal()?).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Worker { ready_file } => {
            let config = load(None)?;
            telemetry::start(config.server.log_format);
            startup::work(config, ready_file, stop_on_signal()?).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::VerifyDraw(args) => verify::run(&args).await,
        Command::Psp(args) => {
            telemetry::start(load(None)?.server.log_format);
            let listener = tokio::net::TcpListener::bind(args.listen).await?;
            tracing::info!(address = %listener.local_addr()?, "the payment simulator is open");
            psp::serve(listener, args.into_settings(), stop_on_signal()?).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Audit(args) => audit::audit(&load(None)?, args).await,
        Command::Reconcile(args) => audit::reconcile(&load(None)?, args).await,
        Command::Sale { act } => steer(&load(None)?, act).await,
    }
}

/// Ctrl-C or SIGTERM asks for an orderly end; a second one is left to the system.
fn stop_on_signal() -> anyhow::Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};
    let stop = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate())?;
    let asked = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        asked.cancel();
    });
    Ok(stop)
}

#[expect(clippy::print_stdout, reason = "the answer of a command")]
async fn steer(config: &Config, act: SaleCommand) -> anyhow::Result<ExitCode> {
    let engine = startup::unstarted(config).await?;
    let (sale, act, detail) = match act {
        SaleCommand::Create {
            sale,
            title,
            description,
            units,
            price,
            currency,
            opens_in,
            rate,
            limit_per_buyer,
            expected,
            policy,
        } => {
            let opens_at = engine.world.now() + opens_in * 1000;
            let price = Money {
                minor: price,
                currency,
            };
            let new = NewSale {
                sale,
                title,
                description,
                price,
                units,
                lobby_at: None,
                opens_at,
                rate,
                limit_per_buyer,
                expected,
                policy,
            };
            let (info, plan) = engine.announce_with_plan(&new).await?;
            println!("{} is announced", info.sale);
            println!("{}: {}", plan.policy.as_str(), plan.why);
            return Ok(ExitCode::SUCCESS);
        }
        SaleCommand::Demo => {
            println!(
                "{} opens in {} s",
                demo::announce(&engine, config).await?,
                config.sale.opens_after_s
            );
            return Ok(ExitCode::SUCCESS);
        }
        SaleCommand::List => {
            for info in engine.sales().await? {
                let phase = engine.phase(&info.sale).await?;
                println!(
                    "{:<24} {:<10} {:>8} units  {:<12} {}",
                    info.sale,
                    phase.as_str(),
                    info.units,
                    info.price,
                    info.title
                );
            }
            return Ok(ExitCode::SUCCESS);
        }
        SaleCommand::Open { sale } => (sale, Act::Open, String::new()),
        SaleCommand::Pause { sale, message } => (sale, Act::Pause, message),
        SaleCommand::Resume { sale } => (sale, Act::Resume, String::new()),
        SaleCommand::End { sale } => (sale, Act::End, String::new()),
    };
    let phase = engine.act(&sale, act, &detail).await?;
    println!("{sale} is {}", phase.as_str());
    Ok(ExitCode::SUCCESS)
}
