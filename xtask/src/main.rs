//! Chores of the workspace, in Rust so that a newcomer needs nothing but cargo and npm.
//!
//! `xtask site` builds what the browser downloads, the same site that `cargo leptos build` makes,
//! without cargo-leptos (which takes longer to install than everything else takes to build):
//!
//! 1. [`front`][]: cargo → wasm-bindgen → wasm-opt
//! 2. [`solver`][]: cargo, for the modules of the Web Workers
//! 3. [`style`][]: sass
//! 4. [`site`][]: assets beside them, [`hash`]ed names, [`compress`]ed twins, `hash.txt` for the server
//!
//! Each step is skipped while the [`stamp`] of its inputs has not changed.

mod compress;
mod front;
mod hash;
mod metadata;
mod site;
mod solver;
mod stamp;
mod style;
mod tool;

use clap::{Args, Parser, Subcommand};

/// Chores of the Sluice workspace.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Build what the browser downloads into the site root of Cargo.toml's leptos table.
    Site(SiteArgs),
    /// Build the solver's reference for the bench, into target/xtask/solver-reference.
    SolverReference,
}

/// There is one site for every build of the server; the flags only say which of the two
/// binaries surely gets its `hash.txt`, even when it has not been built yet.
#[derive(Args)]
struct SiteArgs {
    /// For the server in target/release.
    #[arg(long, conflicts_with = "dev")]
    release: bool,
    /// For the server in target/debug (this is the default).
    #[arg(long)]
    dev: bool,
    /// More features of the app for the browser, beside `lib-features`.
    #[arg(long, value_delimiter = ',')]
    features: Vec<String>,
}

fn main() -> anyhow::Result<()> {
    let project = metadata::Project::find(&std::env::current_dir()?)?;
    match Cli::parse().chore {
        Chore::Site(args) => {
            let profile = if args.release { "release" } else { "debug" };
            site::build(&project, profile, &args.features)
        }
        Chore::SolverReference => solver::build_reference(&project).map(|_| ()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}
