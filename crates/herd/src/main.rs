//! `herd`: the crowd that comes to a sale, and the auditor who checks what became of it.

use clap::Parser as _;
use herd::cli::{Cli, Command};
use std::process::ExitCode;

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Crowd(args) => herd::crowd::main(*args),
        Command::Adversary(args) => herd::adversary::main(&args),
        Command::Buys(args) => herd::buys::main(&args),
        Command::Edge { args } => herd::edge::become_server(args),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("herd: {error:#}");
        ExitCode::FAILURE
    })
}
