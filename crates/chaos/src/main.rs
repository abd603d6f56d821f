//! `chaos`: real processes, real kills. Every part dies in every way at every moment of a small sale; then
//! `sluice audit`, the bank and every shopper are asked whether all is well.
//!
//! - [`matrix`]: the cells, and why some make no sense,
//! - [`stage`]: a shop whose parts are processes, each a [`service`] at [`ports`] of its own,
//! - [`shopper`]: a crowd that does not give up and remembers what it was told,
//! - [`play`]: one cell from the first ticket to the last hold; [`judge`] asks whether all is well,
//! - [`report`]: a line for each cell as it ends, the sum, the table of docs/RELIABILITY.md.

mod judge;
mod matrix;
mod play;
mod ports;
mod report;
mod service;
mod shopper;
mod stage;

use anyhow::{Result, bail};
use clap::Parser;
use futures::{StreamExt as _, stream};
use matrix::Cell;
use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use report::{Outcome, Report};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::time::Instant;

/// Kill every part at every moment and see whether the sale comes out right.
#[derive(Parser)]
#[command(name = "chaos")]
struct Cli {
    /// Only cells with all of these words, such as redis/kill/admission
    #[arg(long, value_name = "WORDS", default_value = "")]
    only: String,
    /// Only the few that every test run plays
    #[arg(long)]
    smoke: bool,
    /// Cells that are played at once
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Order of the cells; made up and told when absent
    #[arg(long)]
    seed: Option<u64>,
    /// One JSON object at the end instead of the sum
    #[arg(long)]
    json: bool,
    /// Write the table into this document, between its markers
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// The binary under test, built with failpoints
    #[arg(long, value_name = "FILE")]
    sluice: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let cli = Cli::parse();
    let sluice = match &cli.sluice {
        Some(file) => file.clone(),
        None => std::env::current_exe()?.with_file_name("sluice"),
    };
    let sluice = std::path::absolute(sluice)?;
    check_binary(&sluice).await?;
    let seed = cli.seed.unwrap_or_else(|| rand::random::<u32>().into());
    let mut cells: Vec<Cell> = Cell::all()
        .into_iter()
        .filter(|cell| cell.matches(&cli.only) && (!cli.smoke || cell.is_smoke()))
        .collect();
    cells.shuffle(&mut rand::rngs::StdRng::seed_from_u64(seed));

    let mut report = Report::new(seed);
    let mut outcomes = stream::iter(cells)
        .map(|cell| {
            let sluice = sluice.clone();
            async move { (cell, outcome_of(cell, sluice).await) }
        })
        .buffer_unordered(cli.jobs.max(1));
    while let Some((cell, outcome)) = outcomes.next().await {
        if !cli.json {
            report::print_line(cell, &outcome);
        }
        report.add(cell, outcome);
    }
    drop(outcomes);
    if let Some(file) = &cli.markdown {
        report.write_into(file)?;
    }
    report.print_end(cli.json)?;
    Ok(ExitCode::from(u8::from(!report.is_good())))
}

async fn outcome_of(cell: Cell, sluice: PathBuf) -> Outcome {
    if let Some(reason) = cell.not_applicable() {
        return Outcome::NotApplicable { reason };
    }
    let began = Instant::now();
    let result = play::play(cell, &sluice).await;
    let seconds = began.elapsed().as_secs_f32();
    match result {
        Ok(()) => Outcome::Passed { seconds },
        Err(error) => Outcome::Failed {
            seconds,
            why: format!("{error:#}"),
        },
    }
}

/// A release has no moments to be held at.
async fn check_binary(sluice: &PathBuf) -> Result<()> {
    let version = tokio::process::Command::new(sluice)
        .arg("--version")
        .output();
    let version = version
        .await
        .map(|output| output.stdout)
        .unwrap_or_default();
    if !String::from_utf8_lossy(&version).contains("failpoints") {
        bail!(
            "{} is no test build; `make chaos` builds one",
            sluice.display()
        );
    }
    Ok(())
}

/// Asks again until there is an answer, at most this long.
async fn until<T>(
    patience: Duration,
    what: &str,
    mut ask: impl AsyncFnMut() -> Option<T>,
) -> Result<T> {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    match tokio::time::timeout(patience, asking).await {
        Ok(answer) => Ok(answer),
        Err(_) => bail!("waited {patience:?} in vain until {what}"),
    }
}

#[expect(clippy::disallowed_methods, reason = "the crowd's one clock")]
fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as u64)
}
