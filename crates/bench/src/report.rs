//! The figures against the budgets: a table for people, one flat JSON object for machines.

use anyhow::Result;
use serde_json::{Map, Value, json};
use std::path::Path;
use std::process::Command;

/// What a figure may be.
#[derive(Clone, Copy, Debug)]
enum Budget {
    AtLeast(f64),
    AtMost(f64),
    Between(f64, f64),
}

use Budget::{AtLeast, AtMost, Between};

/// The budgets of the design, section 10.
const BUDGETS: &[(&str, Budget)] = &[
    ("status_vs_bare", AtLeast(0.9)),
    ("shell_vs_bare", AtLeast(0.8)),
    ("asset_vs_bare", AtLeast(0.8)),
    ("join_vs_echo", AtLeast(0.5)),
    ("redis_commands_per_100k_joins", AtMost(1000.0)),
    ("redis_commands_per_status_poll", AtMost(0.0)),
    ("reserve_vs_bare", AtLeast(0.7)),
    ("orders_per_s", AtLeast(2000.0)),
    ("cost_per_join_1m_vs_10k", Between(0.8, 1.2)),
    ("bytes_per_waiter", AtMost(600.0)),
    ("solver_simd_vs_scalar", AtLeast(3.0)),
    ("solver_vs_best_peer", AtLeast(1.8)),
    ("verify_per_s_core", AtLeast(200_000.0)),
    ("honest_join_p99_ms_under_flood", AtMost(250.0)),
    ("herd_all_placed_s", AtMost(5.0)),
    ("herd_cold_all_placed_s", AtMost(15.0)),
    ("herd_sold_out_seen_p99_ms", AtMost(2000.0)),
    ("herd_max_admissions_1s", AtMost(500.0)),
    ("herd_orders", Between(1000.0, 1000.0)),
    ("herd_oversold", AtMost(0.0)),
    ("herd_errors", AtMost(0.0)),
];

impl Budget {
    fn keeps(self, value: f64) -> bool {
        match self {
            AtLeast(least) => value >= least,
            AtMost(most) => value <= most,
            // Cheaper is never too cheap, so the lower end of a ratio is not a budget missed.
            Between(low, high) if low < 1.0 => value <= high,
            Between(low, high) => (low..=high).contains(&value),
        }
    }

    fn text(self) -> String {
        match self {
            AtLeast(least) => format!("at least {least}"),
            AtMost(most) => format!("at most {most}"),
            Between(low, high) if low < high => format!("{low} to {high}"),
            Between(low, _) => format!("exactly {low}"),
        }
    }
}

/// What was measured, by name.
#[derive(Debug, Default)]
pub(crate) struct Figures(Vec<(&'static str, f64)>);

impl Figures {
    /// Keeps a figure.
    pub(crate) fn set(&mut self, name: &'static str, value: f64) {
        eprintln!("{name} = {value:.3}");
        self.0.push((name, value));
    }
}

/// Prints the table, writes `report.json`, and says whether every budget is kept.
pub(crate) fn finish(figures: &Figures, out: &Path) -> Result<bool> {
    let mut kept = true;
    let mut table = String::new();
    let mut object = Map::new();
    for (name, value) in &figures.0 {
        let budget = BUDGETS.iter().find(|(known, _)| known == name);
        let (text, verdict) = match budget {
            None => (String::new(), ""),
            Some((_, budget)) if budget.keeps(*value) => (budget.text(), "kept"),
            Some((_, budget)) => {
                kept = false;
                (budget.text(), "MISSED")
            }
        };
        table.push_str(&format!("{name:<32} {value:>12.3}  {text:<16} {verdict}\n"));
        object.insert((*name).to_owned(), json!(rounded(*value)));
    }
    object.insert("about".to_owned(), about());
    let file = out.join("report.json");
    std::fs::write(&file, serde_json::to_vec_pretty(&Value::Object(object))?)?;
    #[allow(clippy::print_stdout, reason = "the table is what the command is for")]
    {
        print!("{table}");
    }
    eprintln!("written to {}", file.display());
    Ok(kept)
}

fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

/// Where and of what this was measured.
fn about() -> Value {
    let first = |command: &str, args: &[&str]| {
        let output = Command::new(command).args(args).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        Some(text.lines().next()?.to_owned())
    };
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpu.lines().find(|line| line.starts_with("model name"));
    let cpu = cpu.and_then(|line| Some(line.split_once(':')?.1.trim().to_owned()));
    let load = std::fs::read_to_string("/proc/loadavg").ok();
    json!({
        "machine": cpu,
        "cores": crate::process::cores(),
        "load_average": load.map(|text| text.trim().to_owned()),
        "date": first("date", &["-u", "+%FT%TZ"]),
        "commit": first("git", &["rev-parse", "--short=12", "HEAD"]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_missed_on_its_bad_side_only() {
        assert!(AtLeast(0.9).keeps(0.9) && !AtLeast(0.9).keeps(0.89));
        assert!(AtMost(0.0).keeps(0.0) && !AtMost(5.0).keeps(f64::INFINITY));
        assert!(!AtLeast(0.5).keeps(f64::NAN) && !AtMost(0.5).keeps(f64::NAN));
        assert!(Between(0.8, 1.2).keeps(0.7) && !Between(0.8, 1.2).keeps(1.3));
        assert!(!Between(1000.0, 1000.0).keeps(999.0));
    }
}
