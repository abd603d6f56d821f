//! Programs that are not ours: found in `node_modules/.bin` or on PATH, run, and explained when they are missing.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

/// A tool that npm installs from the root package.json.
pub(crate) fn npm(root: &Path, name: &str) -> Result<PathBuf> {
    let local = root.join("node_modules/.bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::iter::once(local)
        .chain(std::env::split_paths(&path))
        .map(|dir| dir.join(name))
        .find(|candidate| candidate.is_file())
        .with_context(|| {
            format!(
                "`{name}` is missing: run `npm ci` in {} (or `make install`)",
                root.display()
            )
        })
}

/// Runs a command to its end, its output shown as it comes.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command
        .status()
        .with_context(|| format!("cannot start `{name}`"))?;
    if !status.success() {
        bail!("`{name}` failed ({status}); its own words are above");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_missing_tool_says_how_to_get_it() {
        let error = super::npm(std::path::Path::new("/nowhere"), "no-such-tool").unwrap_err();
        assert!(error.to_string().contains("npm ci"), "{error}");
    }
}
