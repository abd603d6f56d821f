//! The rush, as `herd` runs it: with proofs solved beforehand, and cold.

use crate::report::Figures;
use crate::{Run, plots, process};
use anyhow::{Context as _, Result};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// Runs both, on all cores: crowd, edge and Redis share the machine.
pub(crate) fn measure(run: &Run, figures: &mut Figures) -> Result<()> {
    if run.shoppers == 0 {
        return Ok(());
    }
    process::move_to_all()?;
    let trace = run.out.join("trace.json");
    let ready = rush(run, &[Path::new("--trace"), &trace])?;
    plots::draw(&serde_json::from_slice(&std::fs::read(&trace)?)?, &run.out)?;
    figures.set("herd_all_placed_s", placed_in(&ready, run));
    for (name, field) in [
        ("herd_join_p99_ms", "join_p99_ms"),
        ("herd_sold_out_seen_p99_ms", "sold_out_seen_p99_ms"),
        ("herd_max_admissions_1s", "max_admissions_1s"),
        ("herd_orders", "orders"),
        ("herd_oversold", "oversold"),
        ("herd_errors", "errors"),
    ] {
        figures.set(name, ready[field].as_f64().unwrap_or(f64::NAN));
    }
    let cold = rush(run, &[Path::new("--cold")])?;
    figures.set("herd_cold_all_placed_s", placed_in(&cold, run));
    Ok(())
}

/// When the last was placed; never, if somebody was not.
fn placed_in(report: &Value, run: &Run) -> f64 {
    match report["placed"].as_u64() == Some(run.shoppers.into()) {
        true => report["placed_in_s"].as_f64().unwrap_or(f64::NAN),
        false => f64::INFINITY,
    }
}

fn rush(run: &Run, more: &[&Path]) -> Result<Value> {
    let herd = std::env::current_exe()?.with_file_name("herd");
    let mut command = Command::new(herd);
    let shoppers = run.shoppers.to_string();
    command.args(["crowd", "--within", "1s", "--units", "1000", "--json"]);
    command.args(["--no-shows", "0.3", "--shoppers", &shoppers]);
    let output = command.args(more).stderr(std::process::Stdio::inherit());
    let output = output.output().context("herd does not start")?;
    serde_json::from_slice(&output.stdout).context("herd gave no report")
}
