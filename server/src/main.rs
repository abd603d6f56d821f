//! The one binary: `sluice`.

use mimalloc::MiMalloc;
use std::process::ExitCode;

/// A crowd is a million small pieces of memory in a second, made on one thread and dropped on another.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    server::cli::run(std::env::args_os())
}
