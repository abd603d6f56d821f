//! One invariant, one row: what it says, what was found, and who offends.

use serde::Serialize;

/// What was found about an invariant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It holds in everything that could be seen.
    Held,
    /// It does not hold; the offenders are named.
    Broken,
    /// It cannot be judged from what could be seen; `why` says so.
    NotJudged,
}

/// One invariant of the design and what the audit found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Its number.
    pub number: u8,
    /// What it says.
    pub says: &'static str,
    /// What was found.
    pub verdict: Verdict,
    /// The figures behind it, or why it is not judged.
    pub why: String,
    /// Which orders, units, payments or holds break it.
    pub offenders: Vec<String>,
}

/// What the invariants say, by number, from 1.
const SAYS: [&str; 11] = [
    "never oversell",
    "never undersell",
    "free + reserved + claimed = all units",
    "no buyer has more than the limit",
    "every act counts once",
    "captured or voided, never both, never neither",
    "\"you got it\" is said after the claim is durable",
    "anyone can recompute the draw",
    "no place gets worse, no admission exceeds the rate",
    "watching costs nothing",
    "inventory fails closed, the page fails open",
];

impl Row {
    /// Held unless something offends.
    pub(super) fn judged(number: u8, why: String, offenders: Vec<String>) -> Self {
        let verdict = match offenders.is_empty() {
            true => Verdict::Held,
            false => Verdict::Broken,
        };
        Self {
            number,
            says: SAYS[usize::from(number) - 1],
            verdict,
            why,
            offenders,
        }
    }

    /// Not judged, unless something offends all the same.
    pub(super) fn unless_broken(number: u8, why: String, offenders: Vec<String>) -> Self {
        let mut row = Self::judged(number, why, offenders);
        if row.verdict == Verdict::Held {
            row.verdict = Verdict::NotJudged;
        }
        row
    }

    /// What it says, with its number.
    pub(super) fn title(&self) -> String {
        format!("{} {}", self.number, self.says)
    }
}
