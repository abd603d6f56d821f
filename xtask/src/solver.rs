//! The solver's modules for the Web Worker: one with SIMD, one without. They need no glue, so cargo alone makes them;
//! `worker.js` is told where they are.
//!
//! Their code is left as LLVM wrote it: wasm-opt only drops the names, because its reordering made the kernel slower.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

use crate::{
    front,
    metadata::Project,
    stamp::{self, Inputs},
    tool,
};

/// The crate.
const PACKAGE: &str = "solver";
/// What `worker.js` says where the addresses belong.
const NOWHERE: &str = "const MODULES = {};";

/// How a module is built.
struct Recipe {
    /// What `worker.js` calls it.
    kind: &'static str,
    /// Its name, before the hash.
    stem: &'static str,
    rustflags: &'static str,
    features: &'static str,
}

/// The fastest first.
const MODULES: [Recipe; 2] = [
    Recipe {
        kind: "simd",
        stem: "solver-simd",
        rustflags: "-C target-feature=+simd128",
        features: "",
    },
    Recipe {
        kind: "scalar",
        stem: "solver",
        rustflags: "",
        features: "",
    },
];

/// What the modules are measured against: never on the site.
const REFERENCE: Recipe = Recipe {
    kind: "reference",
    stem: "solver-reference",
    rustflags: "",
    features: "reference",
};

/// Makes the modules of the site; returns their directory.
pub(crate) fn build(project: &Project) -> Result<PathBuf> {
    make(project, &MODULES, "solver")
}

/// Makes the module of the reference, for the bench; returns its directory.
pub(crate) fn build_reference(project: &Project) -> Result<PathBuf> {
    make(project, &[REFERENCE], "solver-reference")
}

fn make(project: &Project, recipes: &[Recipe], out: &str) -> Result<PathBuf> {
    let wasm_opt = tool::npm(&project.root, "wasm-opt")?;
    let mut inputs = Inputs::new()?;
    inputs.file(&project.path("package-lock.json"))?;
    let mut compiled = Vec::new();
    for recipe in recipes {
        let module = compile(project, recipe)?;
        inputs.file(&module)?;
        compiled.push((recipe, module));
    }
    let out = project.target.join("xtask").join(out);
    stamp::unless_fresh(&out, inputs, |dir| {
        for (recipe, module) in &compiled {
            tool::run(
                Command::new(&wasm_opt)
                    .args(["--strip-debug", "--strip-producers"])
                    .args(["--strip-target-features", "--all-features"])
                    .arg(module)
                    .arg("-o")
                    .arg(dir.join(format!("{}.wasm", recipe.stem))),
            )?;
        }
        Ok(())
    })?;
    Ok(out)
}

fn compile(project: &Project, recipe: &Recipe) -> Result<PathBuf> {
    let profile = &project.leptos.lib_profile_release;
    // Other flags are another build: each has a directory of its own, or they would undo each other.
    let target = project.target.join("xtask/solver-build").join(recipe.stem);
    eprintln!("xtask: cargo build -p {PACKAGE} ({})", recipe.stem);
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(&project.root)
        .args(["build", "--lib", "--package", PACKAGE])
        .args(["--target", front::TARGET, "--profile", profile])
        .args(["--features", recipe.features])
        .env(
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
            recipe.rustflags,
        )
        .arg("--target-dir")
        .arg(&target);
    tool::run(&mut cargo).context("the solver did not build for the browser")?;
    let file = format!("{PACKAGE}.wasm");
    Ok(target.join(front::TARGET).join(profile).join(file))
}

/// The modules' names before the hash, with what `worker.js` calls them.
pub(crate) fn modules() -> impl Iterator<Item = (&'static str, &'static str)> {
    MODULES.iter().map(|recipe| (recipe.kind, recipe.stem))
}

/// Tells `worker.js` the addresses, by kind.
pub(crate) fn point(worker: &Path, addresses: &BTreeMap<&str, String>) -> Result<()> {
    let text =
        fs::read_to_string(worker).with_context(|| format!("cannot read {}", worker.display()))?;
    ensure!(
        text.matches(NOWHERE).count() == 1,
        "{} does not say `{NOWHERE}` once",
        worker.display()
    );
    let list: Vec<_> = addresses
        .iter()
        .map(|(kind, address)| format!("{kind}: '{address}'"))
        .collect();
    let somewhere = format!("const MODULES = {{ {} }};", list.join(", "));
    Ok(fs::write(worker, text.replace(NOWHERE, &somewhere))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worker_of_the_app_can_be_told_where_the_modules_are() {
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../app/public/worker.js");
        let dir = tempfile::tempdir().unwrap();
        let worker = dir.path().join("worker.js");
        fs::copy(source, &worker).unwrap();
        let addresses = BTreeMap::from([("simd", "/pkg/a.wasm".to_owned())]);
        point(&worker, &addresses).unwrap();
        let text = fs::read_to_string(&worker).unwrap();
        assert!(text.contains("\nconst MODULES = { simd: '/pkg/a.wasm' };\n"));
        assert!(point(&worker, &addresses).is_err(), "told once only");
    }
}
