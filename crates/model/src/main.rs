//! Checks the machine, and then once without each guard; prints the tables of docs/RELIABILITY.md.
//! `model --paths` adds the shortest way to each broken promise.
#![allow(clippy::print_stdout, reason = "the result is what the command is for")]

use std::process::ExitCode;

fn main() -> ExitCode {
    let paths = std::env::args().any(|word| word == "--paths");
    let (text, good) = model::report::tables(paths);
    print!("{text}");
    ExitCode::from(u8::from(!good))
}
