//! What one attacker got against one set of layers, and what it cost the honest.

use super::attackers::{Attacker, CARD_EUR, GPU, HASH_EUR, PERSON};
use super::contest::Contest;
use super::layers::Layers;
use super::stats::Estimate;
use super::walk::{Ending, Outcome};
use serde::Serialize;
use std::collections::BTreeMap;

/// With all layers an attacker that has to be held takes no larger share of the wins.
pub const MOST_WINS: f64 = 0.05;
/// With all layers no larger share of the honest is refused.
pub const MOST_REFUSED: f64 = 0.005;

/// One attacker against one set of layers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The attacker.
    pub attacker: String,
    /// The layers.
    pub layers: String,
    /// `executed` or `replayed`.
    pub made: String,
    /// It has to be held.
    pub held: bool,
    /// Share of the sold units that bots bought.
    pub bots_share: Option<Estimate>,
    /// Tickets that bots got.
    pub bots_tickets: Option<Estimate>,
    /// Units that bots bought.
    pub bots_wins: Option<Estimate>,
    /// Hashes of bots for each of their wins, as of a real sale; none without wins.
    pub hashes_per_win: Option<f64>,
    /// The same on a graphics card, s: modelled.
    pub gpu_s_per_win: Option<f64>,
    /// What a win cost, EUR, by assumed prices.
    pub eur_per_win: Option<f64>,
    /// Why bots got no place or no unit, in all contests.
    pub bots_refused: BTreeMap<String, u64>,
    /// Share of the honest who were refused for another reason than that the units were gone.
    pub honest_refused: Option<Estimate>,
    /// Why, in all contests.
    pub honest_refused_why: BTreeMap<String, u64>,
    /// Added delay of the honest, s: work at the speed of a phone, CAPTCHAs, and waits that were asked for.
    pub honest_delay_s: Option<Estimate>,
    /// The same of the slowest in a hundred, in all contests.
    pub honest_delay_p99_s: f64,
    /// Honest people who were asked a CAPTCHA, as a share.
    pub honest_captchas: Option<Estimate>,
    /// From the opening until nobody waited any more, s.
    pub sold_in_s: Option<Estimate>,
}

/// What rows are made with.
#[derive(Clone, Copy, Debug)]
pub struct Measures {
    /// Hashes a second of a phone.
    pub phone: f64,
}

impl Row {
    /// Of these contests.
    pub fn of(attacker: &Attacker, layers: Layers, contests: &[Contest], with: Measures) -> Self {
        let of =
            |value: &dyn Fn(&Contest) -> f64| -> Vec<f64> { contests.iter().map(value).collect() };
        let bots = |contest: &Contest, which: &dyn Fn(&Outcome) -> bool| {
            count(contest, |outcome| !outcome.honest && which(outcome))
        };
        let wins = |contest: &Contest| bots(contest, &won);
        let people = |contest: &Contest, which: &dyn Fn(&Outcome) -> bool| {
            let found = count(contest, |outcome| outcome.honest && which(outcome));
            found / count(contest, |outcome| outcome.honest).max(1.0)
        };
        let delay = |outcome: &Outcome| {
            outcome.hashes / with.phone
                + f64::from(outcome.answers) * PERSON.seconds
                + outcome.sent_away_s
        };
        let mut delays: Vec<f64> = everybody(contests, true).map(delay).collect();
        delays.sort_by(f64::total_cmp);
        let delays_of = |contest: &Contest| {
            let people = contest.outcomes.iter().filter(|outcome| outcome.honest);
            let all: Vec<f64> = people.map(delay).collect();
            all.iter().sum::<f64>() / all.len().max(1) as f64
        };
        let all_wins: f64 = contests.iter().map(wins).sum();
        let hashes: f64 = everybody(contests, false).map(|bot| bot.hashes).sum();
        let cost: f64 = contests.iter().map(|contest| cost(attacker, contest)).sum();
        let per_win = |sum: f64| (all_wins > 0.0).then(|| sum / all_wins);
        Self {
            attacker: attacker.name.to_owned(),
            layers: layers.to_string(),
            made: attacker.made.to_owned(),
            held: attacker.held,
            bots_share: Estimate::of_share(&of(&|c| wins(c) / count(c, won).max(1.0))),
            bots_tickets: Estimate::of(&of(&|c| bots(c, &|bot| bot.ticket))),
            bots_wins: Estimate::of(&of(&wins)),
            hashes_per_win: per_win(hashes),
            gpu_s_per_win: per_win(hashes / GPU),
            eur_per_win: per_win(cost),
            bots_refused: reasons(contests, false),
            honest_refused: Estimate::of_share(&of(&|c| people(c, &refused))),
            honest_refused_why: reasons(contests, true),
            honest_delay_s: Estimate::of(&of(&delays_of)),
            honest_delay_p99_s: delays
                .get(delays.len() * 99 / 100)
                .copied()
                .unwrap_or_default(),
            honest_captchas: Estimate::of_share(&of(&|c| people(c, &|one| one.answers > 0))),
            sold_in_s: Estimate::of(&of(&|c| c.seconds)),
        }
    }

    /// What speaks against it, when all layers stand.
    pub(super) fn violations(&self) -> Vec<String> {
        let mean = |found: Option<Estimate>| found.map_or(0.0, |found| found.mean);
        let (share, refused) = (mean(self.bots_share), mean(self.honest_refused));
        let mut found = Vec::new();
        if self.held && share > MOST_WINS {
            found.push(format!(
                "{}: {:.1}% of the wins",
                self.attacker,
                share * 100.0
            ));
        }
        if refused > MOST_REFUSED {
            let refused = refused * 100.0;
            found.push(format!(
                "{}: {refused:.2}% of the honest refused",
                self.attacker
            ));
        }
        found
    }

    /// A line of the table.
    pub(super) fn line(&self) -> String {
        let mean = |found: Option<Estimate>| found.map_or(0.0, |found| found.mean);
        let percent = |found: Option<Estimate>| format!("{:.2}%", mean(found) * 100.0);
        let share = self.bots_share.map_or_else(String::new, |share| {
            let [mean, low, high] = [share.mean, share.low, share.high].map(|part| part * 100.0);
            format!("{mean:.1}% [{low:.1}, {high:.1}]")
        });
        let eur = self.eur_per_win;
        let eur = eur.map_or("-".to_owned(), |eur| format!("{eur:.2}"));
        format!(
            "{:<17}{:<15}{share:>22}{:>9.1}{:>9.1}{eur:>11}{:>10}{:>9.2}{:>9}",
            self.attacker,
            self.layers,
            mean(self.bots_tickets),
            mean(self.bots_wins),
            percent(self.honest_refused),
            mean(self.honest_delay_s),
            percent(self.honest_captchas),
        )
    }
}

fn won(outcome: &Outcome) -> bool {
    outcome.ending == Ending::Won
}

fn refused(outcome: &Outcome) -> bool {
    matches!(outcome.ending, Ending::Refused(_))
}

fn count(contest: &Contest, which: impl Fn(&Outcome) -> bool) -> f64 {
    contest.outcomes.iter().filter(|one| which(one)).count() as f64
}

fn everybody(contests: &[Contest], honest: bool) -> impl Iterator<Item = &Outcome> {
    let all = contests.iter().flat_map(|contest| &contest.outcomes);
    all.filter(move |outcome| outcome.honest == honest)
}

fn reasons(contests: &[Contest], honest: bool) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    for outcome in everybody(contests, honest) {
        if let Ending::Refused(why) = &outcome.ending {
            *found.entry(why.clone()).or_default() += 1;
        }
    }
    found
}

/// What a contest cost the attacker, EUR.
fn cost(attacker: &Attacker, contest: &Contest) -> f64 {
    let bots = contest.outcomes.iter().filter(|outcome| !outcome.honest);
    let (hashes, answers) = bots.fold((0.0, 0.0), |(hashes, answers), bot| {
        (hashes + bot.hashes, answers + f64::from(bot.answers))
    });
    hashes * HASH_EUR
        + answers * attacker.reader.eur
        + f64::from(contest.cards) * CARD_EUR
        + f64::from(contest.addresses) * attacker.address_eur
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::adversary::attackers::named;

    fn outcome(honest: bool, ending: Ending) -> Outcome {
        Outcome {
            honest,
            ending,
            ticket: true,
            hashes: 3e6,
            answers: 0,
            sent_away_s: 0.0,
        }
    }

    pub(in crate::adversary) fn row(refused: bool) -> Row {
        let last = match refused {
            true => Ending::Refused("rate_limited".to_owned()),
            false => Ending::Lost,
        };
        let contest = Contest {
            outcomes: vec![
                outcome(true, Ending::Won),
                outcome(true, last),
                outcome(false, Ending::Won),
                outcome(false, Ending::Refused("limit_reached".to_owned())),
            ],
            cards: 1,
            addresses: 1,
            seconds: 2.0,
        };
        let with = Measures { phone: 1.5e6 };
        Row::of(named("fleet").unwrap(), Layers::ALL, &[contest], with)
    }

    #[test]
    fn a_row_counts_what_happened() {
        let row = row(true);
        let mean = |found: Option<Estimate>| found.unwrap().mean;
        assert_eq!(mean(row.bots_share), 0.5);
        assert_eq!(mean(row.honest_refused), 0.5);
        assert_eq!(mean(row.honest_delay_s), 2.0);
        assert_eq!(row.hashes_per_win, Some(6e6));
        assert_eq!(row.bots_refused["limit_reached"], 1);
        assert!(row.eur_per_win.unwrap() > CARD_EUR);
        assert_eq!(row.violations().len(), 2);
    }
}
