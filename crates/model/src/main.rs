//! Checks the machine, and then once without each guard; prints the table of docs/RELIABILITY.md.
//! `model --paths` adds the shortest way to each broken promise.
#![allow(clippy::print_stdout, reason = "the result is what the command is for")]

use model::check::check;
use model::guards::Guard;
use model::sales;
use std::process::ExitCode;

fn main() -> ExitCode {
    let paths = std::env::args().any(|word| word == "--paths");
    let mut good = true;
    println!("| sale | faults | states | |\n|---|---|---|---|");
    let all = [
        ("one unit, two shoppers", sales::duel(2)),
        ("two units, two shoppers", sales::enough()),
        (
            "two units, three tickets of two shoppers, without the bank",
            sales::two_browsers(),
        ),
    ];
    for (name, machine) in all {
        let faults = machine.faults;
        let found = check(machine);
        good &= found.broken.is_none() && found.unreached.is_empty();
        let verdict = found
            .broken
            .as_ref()
            .map_or("every promise holds", |(name, _)| name);
        println!("| {name} | {faults} | {} | {verdict} |", found.states);
        if let Some((_, path)) = &found.broken {
            path.iter().for_each(|step| println!("    {step:?}"));
        }
    }
    println!("\n| without this guard | this breaks | after |\n|---|---|---|");
    for guard in Guard::ALL {
        let place = guard.place();
        let found = sales::without(guard).and_then(|(_, found)| found.broken);
        good &= found.is_none() == guard.is_redundant();
        match found {
            Some((promise, path)) => {
                println!("| {place} | {promise} | {} steps |", path.len());
                if paths {
                    path.iter().for_each(|step| println!("    {step:?}"));
                }
            }
            None => println!("| {place} | nothing for good: the other guards make up for it | |"),
        }
    }
    ExitCode::from(u8::from(!good))
}
