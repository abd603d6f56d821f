//! `bench`: the budgets of the design, measured as ratios in one run on one machine.
//!
//! 1. [`server`] starts the real edge (with its own Redis) on core 0; [`peer`] is a bare axum handler
//!    that answers the same bytes with the same headers, on core 0 too.
//! 2. [`load`] asks both in turn over kept-alive connections, from another core.
//! 3. [`process`] says what that cost: CPU time and memory of the processes, commands that Redis got.
//!    CPU time, not wall clock: a neighbour on the machine makes everything slow, but costs nothing.
//! 4. [`pages`], [`joins`] and [`reserve`] are the rounds, [`orders`] is the way from a pass to a durable
//!    claim, [`crowd`] is the rush of 100,000, run by `herd`, and [`plots`] draws it.
//! 5. [`solver`] is the proof of work: solved in Chromium, checked natively; [`flood`] is what garbage does to people.
//! 6. [`report`] holds the figures against the budgets.

mod crowd;
mod flood;
mod joins;
mod load;
mod orders;
mod pages;
mod peer;
mod plots;
mod process;
mod report;
mod reserve;
mod server;
mod solver;

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;

/// Measures the budgets, or is the bare peer that they are measured against.
#[derive(Debug, Parser)]
#[command(name = "bench", version)]
struct Cli {
    #[command(subcommand)]
    peer: Option<Peer>,
    #[command(flatten)]
    run: Run,
}

/// What a run measures.
#[derive(Clone, Debug, Args)]
pub(crate) struct Run {
    /// Where `report.json` and the pictures go
    #[arg(long, default_value = "target/bench", value_name = "DIR")]
    out: PathBuf,
    /// Measure only these; what is not measured misses its budget in the report
    #[arg(long, value_delimiter = ',', value_name = "PART")]
    only: Vec<Part>,
    /// Rounds of each comparison; the median counts
    #[arg(long, default_value_t = 5, value_name = "N")]
    rounds: u32,
    /// Requests of one round
    #[arg(long, default_value_t = 20_000, value_name = "N")]
    requests: usize,
    /// Tickets of the large line
    #[arg(long, default_value_t = 1_000_000, value_name = "N")]
    tickets: u64,
    /// Orders of one round; 0 leaves them out
    #[arg(long, default_value_t = 1000, value_name = "N")]
    orders: usize,
    /// Attempts of one round at the reserve script, for a hundredth as many units
    #[arg(long, default_value_t = 20_000, value_name = "N")]
    reserves: u64,
    /// A Postgres to measure orders on as well, such as `postgres://postgres@localhost/bench`
    #[arg(long, env = "BENCH_POSTGRES_URL", value_name = "URL")]
    postgres: Option<String>,
    /// Garbage joins a second beside honest ones, in steps of 12,500
    #[arg(long, default_value_t = 100_000, value_name = "N")]
    flood_per_s: u64,
    /// Shoppers of the two rushes; 0 leaves them out
    #[arg(long, default_value_t = 100_000, value_name = "N")]
    shoppers: u32,
}

/// A part of the bench.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// What is answered from memory.
    Pages,
    /// Joins, and what they cost.
    Joins,
    /// The reserve script.
    Reserve,
    /// From a pass to a durable claim.
    Orders,
    /// The proof of work.
    Solver,
    /// Garbage beside honest joins.
    Flood,
    /// The rush.
    Crowd,
}

impl Run {
    fn has(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}

#[derive(Debug, Subcommand)]
enum Peer {
    /// Be the bare peer (bench starts itself this way)
    #[command(hide = true)]
    Peer {
        /// The answers, as JSON
        answers: PathBuf,
        /// Where to write the address
        ready: PathBuf,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.peer {
        Some(Peer::Peer { answers, ready }) => peer::serve(&answers, &ready).map(|()| true),
        None => measure(&cli.run),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// All rounds, and whether every budget is kept.
fn measure(run: &Run) -> anyhow::Result<bool> {
    std::fs::create_dir_all(&run.out)?;
    let mut figures = report::Figures::default();
    // The server takes core 0, this and its threads the next one: neither disturbs the other.
    process::move_to_core(1)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        if run.has(Part::Pages) || run.has(Part::Joins) {
            in_one_edge(run, &mut figures).await?;
        }
        if run.has(Part::Reserve) {
            reserve::measure(run, &mut figures).await?;
        }
        process::move_to_all()?;
        if run.has(Part::Orders) {
            orders::measure(run, &mut figures).await?;
        }
        if run.has(Part::Flood) {
            flood::measure(run, &mut figures).await?;
        }
        anyhow::Ok(())
    })?;
    if run.has(Part::Solver) {
        solver::measure(run, &mut figures)?;
    }
    if run.has(Part::Crowd) {
        crowd::measure(run, &mut figures)?;
    }
    report::finish(&figures, &run.out)
}

/// What is measured on one and the same edge.
async fn in_one_edge(run: &Run, figures: &mut report::Figures) -> anyhow::Result<()> {
    let mut server = server::Server::start(&server::Setup::usual()).await?;
    if run.has(Part::Pages) {
        pages::measure(run, &server, figures).await?;
    }
    if run.has(Part::Joins) {
        joins::measure(run, &server, figures).await?;
    }
    server.stop();
    Ok(())
}
