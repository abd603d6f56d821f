//! The browser's half of the app: cargo, then wasm-bindgen, then wasm-opt.
//!
//! wasm-bindgen runs as a library of the very version in Cargo.lock, so nobody has to install a
//! command line tool that must match it. There is one wasm profile for every use: what the tests
//! walk through is what the shopper downloads.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::{
    metadata::Project,
    stamp::{self, Inputs},
    tool,
};

/// Where browsers run.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// What rustc turns on by default for [`TARGET`].
/// `wasm-opt-features` in the leptos table replaces the whole list, as it does in cargo-leptos.
const WASM_OPT: [&str; 7] = [
    "-Oz",
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Makes `{output-name}.js`, `{output-name}.wasm` and maybe `snippets/`; returns their directory.
pub(crate) fn build(project: &Project, features: &[String]) -> Result<PathBuf> {
    let compiled = compile(project, features)?;
    let wasm_opt = tool::npm(&project.root, "wasm-opt")?;
    let options: Vec<&str> = match &project.leptos.wasm_opt_features {
        Some(chosen) => chosen.iter().map(String::as_str).collect(),
        None => WASM_OPT.to_vec(),
    };

    let mut inputs = Inputs::new()?;
    inputs.file(&compiled)?;
    inputs.file(&project.path("package-lock.json"))?;
    inputs.value(&project.leptos.output_name);
    inputs.value(options.join(" "));

    let out = project.target.join("xtask/front");
    stamp::unless_fresh(&out, inputs, |dir| {
        eprintln!("xtask: wasm-bindgen");
        let bound = bindgen(&compiled, &project.leptos.output_name, dir)?;
        eprintln!("xtask: wasm-opt {}", options[0]);
        let wasm = dir.join(format!("{}.wasm", project.leptos.output_name));
        tool::run(
            Command::new(&wasm_opt)
                .args(&options)
                .arg(&bound)
                .arg("-o")
                .arg(&wasm),
        )?;
        fs::remove_file(bound)?;
        Ok(())
    })?;
    Ok(out)
}

/// cargo knows best what is stale, so it is always asked.
fn compile(project: &Project, features: &[String]) -> Result<PathBuf> {
    let leptos = &project.leptos;
    let profile = &leptos.lib_profile_release;
    let features: Vec<&str> = leptos
        .lib_features
        .iter()
        .chain(features)
        .map(String::as_str)
        .collect();
    // Its own target directory, as cargo-leptos has it: the two builds do not wait for each other.
    let target = project.target.join("front");

    eprintln!(
        "xtask: cargo build -p {} ({TARGET}, {profile})",
        leptos.lib_package
    );
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(&project.root)
        .args(["build", "--lib", "--package", &leptos.lib_package])
        .args(["--target", TARGET, "--profile", profile])
        .args(["--features", &features.join(",")])
        .env(
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
            shorter_paths(),
        )
        .arg("--target-dir")
        .arg(&target);
    if !leptos.lib_default_features {
        cargo.arg("--no-default-features");
    }
    tool::run(&mut cargo).with_context(|| {
        format!("the app did not build for the browser (no {TARGET}? `rustup target add {TARGET}`)")
    })?;
    let file = format!("{}.wasm", leptos.lib_package.replace('-', "_"));
    Ok(target.join(TARGET).join(profile).join(file))
}

/// Panic messages name their source file: without the way to it on the machine that built it, which is
/// nobody's business, and hundreds of bytes that every shopper would download.
fn shorter_paths() -> String {
    let home = std::env::var_os("HOME").map(|home| Path::new(&home).join(".cargo"));
    let cargo = std::env::var_os("CARGO_HOME").map(PathBuf::from).or(home);
    let sources = cargo.and_then(|cargo| fs::read_dir(cargo.join("registry/src")).ok());
    let remaps = sources.into_iter().flatten().flatten().map(|index| {
        let path = index.path().display().to_string();
        format!("--remap-path-prefix={path}/=")
    });
    remaps.collect::<Vec<_>>().join(" ")
}

/// Writes the glue beside `{name}_bg.wasm` and returns the latter.
fn bindgen(compiled: &Path, name: &str, dir: &Path) -> Result<PathBuf> {
    Bindgen::new()
        .input_path(compiled)
        .out_name(name)
        .web(true)?
        .typescript(false)
        .omit_default_module_path(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(dir)
        .context("wasm-bindgen failed")?;
    Ok(dir.join(format!("{name}_bg.wasm")))
}
