//! The commands of `sluice`.

use crate::audit::{self, AuditArgs, ReconcileArgs};
use crate::config::{Config, Overrides};
use crate::startup::{self, Serve};
use crate::steer::{self, SaleCommand};
use crate::telemetry;
use crate::verify::{self, VerifyArgs};
use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
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
        Command::Sale { act } => steer::run(&load(None)?, act).await,
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
