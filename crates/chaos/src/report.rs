//! What came of the cells: a line each, the sum, JSON, and the table of docs/RELIABILITY.md.
#![allow(clippy::print_stdout, reason = "the result is what the command is for")]

use crate::matrix::{Cell, Fault, Moment, Part};
use anyhow::{Context as _, Result};
use serde::Serialize;
use std::fmt::Write as _;
use std::path::Path;

const BEGIN: &str = "<!-- chaos: begin -->";
const END: &str = "<!-- chaos: end -->";

/// How a cell ended.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub(crate) enum Outcome {
    /// Every promise was kept.
    Passed {
        /// Time it took.
        seconds: f32,
    },
    /// One was not.
    Failed {
        /// Time it took.
        seconds: f32,
        /// Which.
        why: String,
    },
    /// It makes no sense, or is no part of the promise.
    NotApplicable {
        /// Why.
        reason: &'static str,
    },
}

#[derive(Debug, Serialize)]
struct Line {
    part: Part,
    fault: Fault,
    moment: Moment,
    #[serde(flatten)]
    outcome: Outcome,
}

/// All that was played.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    seed: u64,
    passed: usize,
    failed: usize,
    cells: Vec<Line>,
}

/// One cell, as it ends.
pub(crate) fn print_line(cell: Cell, outcome: &Outcome) {
    let name = cell.to_string();
    match outcome {
        Outcome::Passed { seconds } => println!("ok      {name:<32} {seconds:5.1} s"),
        Outcome::Failed { seconds, why } => println!("FAILED  {name:<32} {seconds:5.1} s  {why}"),
        Outcome::NotApplicable { reason } => println!("n/a     {name:<32}          {reason}"),
    }
}

impl Report {
    /// Nothing played yet.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            passed: 0,
            failed: 0,
            cells: Vec::new(),
        }
    }

    /// One more.
    pub(crate) fn add(&mut self, cell: Cell, outcome: Outcome) {
        match &outcome {
            Outcome::Passed { .. } => self.passed += 1,
            Outcome::Failed { .. } => self.failed += 1,
            Outcome::NotApplicable { .. } => {}
        }
        self.cells.push(Line {
            part: cell.part,
            fault: cell.fault,
            moment: cell.moment,
            outcome,
        });
    }

    /// Something was played and nothing failed.
    pub(crate) fn is_good(&self) -> bool {
        self.failed == 0 && self.passed > 0
    }

    /// The sum, or everything as JSON.
    pub(crate) fn print_end(&self, json: bool) -> Result<()> {
        if json {
            println!("{}", serde_json::to_string(self)?);
        } else {
            println!(
                "{} passed, {} failed (seed {})",
                self.passed, self.failed, self.seed
            );
        }
        Ok(())
    }

    /// Puts the table into a document, between its markers.
    pub(crate) fn write_into(&self, file: &Path) -> Result<()> {
        let text = std::fs::read_to_string(file)?;
        let (before, rest) = text.split_once(BEGIN).context("no begin marker")?;
        let (_, after) = rest.split_once(END).context("no end marker")?;
        let text = format!("{before}{BEGIN}\n{}{END}{after}", self.table());
        Ok(std::fs::write(file, text)?)
    }

    fn table(&self) -> String {
        let mut table = String::from("| | |");
        for moment in Moment::ALL {
            let _ = write!(table, " {moment} |");
        }
        table.push_str("\n|---|---|");
        table.push_str(&"---|".repeat(Moment::ALL.len()));
        table.push('\n');
        let mut reasons: Vec<&str> = Vec::new();
        for &part in Part::ALL {
            for &fault in Fault::ALL {
                let _ = write!(table, "| {part} | {fault} |");
                for &moment in Moment::ALL {
                    let word = self.word(part, fault, moment, &mut reasons);
                    let _ = write!(table, " {word} |");
                }
                table.push('\n');
            }
        }
        let _ = write!(table, "\n{} passed, {} failed.\n", self.passed, self.failed);
        for (at, reason) in reasons.iter().enumerate() {
            let _ = writeln!(table, "({}) {reason}.", at + 1);
        }
        table
    }

    fn word(
        &self,
        part: Part,
        fault: Fault,
        moment: Moment,
        reasons: &mut Vec<&'static str>,
    ) -> String {
        let line = self
            .cells
            .iter()
            .find(|line| (line.part, line.fault, line.moment) == (part, fault, moment));
        match line.map(|line| &line.outcome) {
            None => "not played".to_owned(),
            Some(Outcome::Passed { .. }) => "passed".to_owned(),
            Some(Outcome::Failed { .. }) => "FAILED".to_owned(),
            Some(Outcome::NotApplicable { reason }) => {
                let known = reasons.iter().position(|r| r == reason);
                let at = known.unwrap_or_else(|| {
                    reasons.push(reason);
                    reasons.len() - 1
                });
                format!("({})", at + 1)
            }
        }
    }
}
