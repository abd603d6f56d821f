//! `[[workspace.metadata.leptos]]` of the root Cargo.toml: how the site is built.
//!
//! The same table that cargo-leptos reads, so that both tools cannot drift apart; only the keys
//! that concern the site are named here.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

/// The workspace and its leptos table.
pub(crate) struct Project {
    pub(crate) root: PathBuf,
    /// `target`, or what `CARGO_TARGET_DIR` says.
    pub(crate) target: PathBuf,
    pub(crate) leptos: Leptos,
}

/// The keys of the table that shape the site.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Leptos {
    pub(crate) output_name: String,
    pub(crate) lib_package: String,
    #[serde(default)]
    pub(crate) lib_features: Vec<String>,
    #[serde(default)]
    pub(crate) lib_default_features: bool,
    pub(crate) lib_profile_release: String,
    pub(crate) site_root: PathBuf,
    pub(crate) site_pkg_dir: String,
    pub(crate) style_file: PathBuf,
    pub(crate) assets_dir: PathBuf,
    #[serde(default)]
    pub(crate) hash_files: bool,
    pub(crate) wasm_opt_features: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Manifest {
    workspace: Option<Workspace>,
}

#[derive(Deserialize)]
struct Workspace {
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    leptos: Vec<Leptos>,
}

impl Project {
    /// The workspace that `start` lies in.
    pub(crate) fn find(start: &Path) -> Result<Self> {
        for dir in start.ancestors() {
            let manifest = dir.join("Cargo.toml");
            if !manifest.exists() {
                continue;
            }
            let text = fs::read_to_string(&manifest)?;
            let leptos =
                parse(&text).with_context(|| format!("cannot use {}", manifest.display()))?;
            if let Some(leptos) = leptos {
                let target = std::env::var_os("CARGO_TARGET_DIR")
                    .map_or_else(|| dir.join("target"), |set| dir.join(set));
                return Ok(Self {
                    root: dir.to_path_buf(),
                    target,
                    leptos,
                });
            }
        }
        bail!(
            "no Cargo.toml with [[workspace.metadata.leptos]] in {} or above it",
            start.display()
        )
    }

    /// A path of the table, made absolute.
    pub(crate) fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }
}

/// The one leptos table of a workspace manifest; `None` for a member's manifest.
fn parse(manifest: &str) -> Result<Option<Leptos>> {
    let manifest: Manifest = toml::from_str(manifest)?;
    let Some(mut tables) = manifest
        .workspace
        .map(|w| w.metadata.map(|m| m.leptos).unwrap_or_default())
    else {
        return Ok(None);
    };
    ensure!(
        tables.len() == 1,
        "expected one [[workspace.metadata.leptos]], found {}",
        tables.len()
    );
    let leptos = tables.remove(0);
    ensure!(
        leptos.hash_files,
        "hash-files = false is not supported: the server caches assets for ever by their hashed names"
    );
    Ok(Some(leptos))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_of_this_crate_is_found_and_understood() {
        let project = Project::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        assert_eq!(project.leptos.output_name, "sluice");
        assert_eq!(project.leptos.lib_package, "app");
        assert!(project.path("xtask/Cargo.toml").exists());
    }

    #[test]
    fn a_members_manifest_is_passed_over() {
        assert!(parse("[package]\nname = \"x\"").unwrap().is_none());
    }

    #[test]
    fn a_workspace_without_the_table_is_refused() {
        let error = parse("[workspace]\nmembers = []").unwrap_err();
        assert!(error.to_string().contains("found 0"), "{error}");
    }
}
