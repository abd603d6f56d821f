//! The tables of docs/RELIABILITY.md: what was walked, and what each guard is there for.

use crate::check::check;
use crate::guards::Guard;
use crate::machine::Step;
use crate::sales;
use std::fmt::Write as _;

/// Checks everything; answers the tables, and whether all is as it should be. With `paths`, the shortest
/// way to each broken promise stands below its line.
pub fn tables(paths: bool) -> (String, bool) {
    let mut text = String::from("| sale | faults | states | |\n|---|---|---|---|\n");
    let mut good = true;
    let all = [
        ("one unit, two shoppers", sales::duel(2)),
        ("two units, two shoppers", sales::enough()),
        ("one unit, two shoppers, without the bank", sales::edges(2)),
        (
            "two units, three tickets of two shoppers, without the bank",
            sales::two_browsers(),
        ),
    ];
    for (name, machine) in all {
        let faults = machine.faults;
        let found = check(machine);
        good &= found.broken.is_none() && found.unreached.is_empty();
        let (verdict, path) = found.broken.unwrap_or(("every promise holds", Vec::new()));
        let states = found.states;
        let _ = writeln!(text, "| {name} | {faults} | {states} | {verdict} |");
        tell(&mut text, &path);
    }
    text.push_str("\n| without this guard | this breaks | after |\n|---|---|---|\n");
    for guard in Guard::ALL {
        let place = guard.place();
        let found = sales::without(guard).and_then(|(_, found)| found.broken);
        good &= found.is_none() == guard.is_redundant();
        let Some((promise, path)) = found else {
            let _ = writeln!(
                text,
                "| {place} | nothing: the other guards make up for it | |"
            );
            continue;
        };
        let steps = path.len();
        let _ = writeln!(text, "| {place} | {promise} | {steps} steps |");
        if paths {
            tell(&mut text, &path);
        }
    }
    (text, good)
}

fn tell(text: &mut String, path: &[Step]) {
    for step in path {
        let _ = writeln!(text, "    {step:?}");
    }
}
