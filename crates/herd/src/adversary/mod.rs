//! `herd adversary`: attackers that are executed against the real server, with each set of its layers.
//!
//! 1. [`attackers`]: who they are, as data. [`layers`]: what stands against them, and how a server starts with it.
//! 2. [`arrivals`]: who comes to a contest, from which address and looking how ([`browsers`]); the honest crowd, and as many bots.
//! 3. [`arena`]: a server for each attacker and each set of layers; one sale for each seed, several side by side.
//! 4. [`contest`]: one sale. [`walk`] is one arrival's way through it; [`captcha_desk`] knows who has solved what.
//! 5. [`stats`]: what all seeds say together. [`rows`]: what came of one attacker. [`report`]: the result, and what has to
//!    be known to read it.

pub mod arena;
pub mod arrivals;
pub mod attackers;
pub mod browsers;
pub mod captcha_desk;
pub mod contest;
pub mod layers;
pub mod report;
pub mod rows;
pub mod stats;
pub mod walk;

use crate::cli::AdversaryArgs;
use crate::verdict;
use anyhow::{Context as _, Result};
use attackers::Attacker;
use layers::{Defaults, Layers};
use report::Report;
use rows::{Measures, Row};
use std::process::ExitCode;

/// Runs the command and prints the result.
pub fn main(args: &AdversaryArgs) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let report = runtime.block_on(run(args))?;
    let text = match args.json {
        true => report.to_json()? + "\n",
        false => report.to_table(),
    };
    Ok(verdict::print(&text, report.ok))
}

/// Holds all contests, the sets of layers in turn.
pub async fn run(args: &AdversaryArgs) -> Result<Report> {
    let defaults = Defaults::read()?;
    let sets = match &*args.layers {
        [] => Layers::sets(),
        sets => sets.to_vec(),
    };
    let everybody: Vec<&'static Attacker> = attackers::ALL.iter().collect();
    let attackers = match &*args.attackers {
        [] => everybody,
        some => some.to_vec(),
    };
    let with = Measures {
        phone: defaults.number(&["gate", "price", "phone_hashes_per_s"])?,
    };
    let mut rows = Vec::new();
    for layers in sets {
        for attacker in &attackers {
            let held = arena::hold(args, &defaults, attacker, layers).await;
            let contests = held.with_context(|| format!("{} against {layers}", attacker.name))?;
            let row = Row::of(attacker, layers, &contests, with);
            if !args.quiet {
                eprintln!("{}", row.line());
            }
            rows.push(row);
        }
    }
    Ok(Report::new(args, rows, report::notes(args, &defaults)?))
}
