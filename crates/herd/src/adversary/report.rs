//! The result: all [`super::rows`], a table for people, one JSON object for machines, and what has to be known to read it.

use super::contest::LOBBY_S;
use super::layers::{Defaults, Layers, scaled};
use super::rows::Row;
use crate::cli::AdversaryArgs;
use anyhow::Result;
use serde::Serialize;

/// What became of all contests.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Contests for each row.
    pub seeds: u32,
    /// Seed of all.
    pub seed: u64,
    /// Honest people in each contest, and as many bots.
    pub honest: u32,
    /// Units of each sale.
    pub units: u32,
    /// One for each attacker and each set of layers.
    pub rows: Vec<Row>,
    /// What has to be known to read them.
    pub notes: Vec<String>,
    /// Nobody who has to be held took too much, and nobody honest was turned away.
    pub ok: bool,
    /// What speaks against it.
    pub violations: Vec<String>,
}

impl Report {
    /// Draws the sum.
    pub fn new(args: &AdversaryArgs, rows: Vec<Row>, notes: Vec<String>) -> Self {
        let all = Layers::ALL.to_string();
        let complete = rows.iter().filter(|row| row.layers == all);
        let violations: Vec<String> = complete.flat_map(Row::violations).collect();
        Self {
            seeds: args.seeds,
            seed: args.seed,
            honest: args.honest,
            units: args.units,
            rows,
            notes,
            ok: violations.is_empty(),
            violations,
        }
    }

    /// One line of JSON.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }

    /// A table for people.
    pub fn to_table(&self) -> String {
        let mut lines = vec![format!(
            "{:<17}{:<15}{:>22}{:>9}{:>9}{:>11}{:>10}{:>9}{:>9}",
            "attacker",
            "layers",
            "bots' share of wins",
            "tickets",
            "wins",
            "EUR a win",
            "refused",
            "delay",
            "CAPTCHA"
        )];
        lines.extend(self.rows.iter().map(Row::line));
        lines.push("refused, delay (mean, s) and CAPTCHA are of the honest.".to_owned());
        lines.extend(self.notes.iter().map(|note| format!("- {note}")));
        lines.extend(self.violations.iter().map(|found| format!("! {found}")));
        lines.join("\n") + "\n"
    }
}

/// What has to be known to read the rows.
pub fn notes(args: &AdversaryArgs, defaults: &Defaults) -> Result<Vec<String>> {
    let address = defaults.number(&["gate", "network", "ipv4_32"])?;
    let (honest, to_scale) = (args.honest, scaled(address, args.honest));
    Ok(vec![
        format!(
            "A contest stands for a sale of 100,000 people: {honest} honest ones and as many bots. Budgets of networks are to \
             scale ({to_scale} instead of {address} for an IPv4 address); addresses and cards are not, so a card stands for as \
             many as people do."
        ),
        format!(
            "Puzzles are {} times easier, and hashes are counted as of a real sale. Bots have a lobby of {LOBBY_S} s to solve in.",
            defaults.easier()?
        ),
        "Budgets come back within their window of minutes; contests last seconds. Who is told to come back counts as refused, \
         and the wait as delay."
            .to_owned(),
        "Sales stand side by side on a server; the load of the edge, which would make everybody's puzzle dearer, is left out."
            .to_owned(),
        "Tickets that are bound to a key, and the single use of a proof, cannot be switched off: they hold in every row.".to_owned(),
        "Addresses, looks and dice follow from the seed; the draws are the server's own and do not, hence the seeds.".to_owned(),
        "Who solves CAPTCHAs is modelled by chances; the edge asks a service that knows the outcome, as it asks a real one.".to_owned(),
        "Prices are assumptions. Graphics cards are modelled, as 10,000 million hashes a second.".to_owned(),
        "A hoarder's wins are none by intent; what it costs the honest is in their rows.".to_owned(),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adversary::rows::tests::row;

    #[test]
    fn the_names_in_the_json_are_a_promise() {
        let report = Report {
            seeds: 1,
            seed: 1,
            honest: 2,
            units: 2,
            rows: vec![row(false)],
            notes: vec!["a note".to_owned()],
            ok: true,
            violations: vec![],
        };
        insta::assert_json_snapshot!(report);
        let table = report.to_table();
        assert!(
            table.contains("50.0%") && table.contains("a note"),
            "{table}"
        );
    }
}
