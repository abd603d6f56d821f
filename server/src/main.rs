//! The one binary: `sluice`.

use std::process::ExitCode;
use tikv_jemallocator::Jemalloc;

/// A crowd is a million small pieces of memory in a second, made on one thread and dropped on another.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    server::cli::run(std::env::args_os())
}
