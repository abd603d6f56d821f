//! SCSS becomes one compressed stylesheet.

use std::{path::PathBuf, process::Command};

use anyhow::{Context, Result, ensure};

use crate::{
    metadata::Project,
    stamp::{self, Inputs},
    tool,
};

/// Makes `{output-name}.css`; returns its directory. The inputs are all files beside the style-file.
pub(crate) fn build(project: &Project) -> Result<PathBuf> {
    let leptos = &project.leptos;
    let source = project.path(&leptos.style_file);
    ensure!(
        source.is_file(),
        "the style-file of Cargo.toml, {}, does not exist",
        leptos.style_file.display()
    );
    let sass = tool::npm(&project.root, "sass")?;

    let mut inputs = Inputs::new()?;
    inputs.tree(source.parent().context("the style-file has no directory")?)?;
    inputs.file(&project.path("package-lock.json"))?;

    let out = project.target.join("xtask/style");
    stamp::unless_fresh(&out, inputs, |dir| {
        eprintln!("xtask: sass {}", leptos.style_file.display());
        tool::run(
            Command::new(&sass)
                .args(["--style=compressed", "--no-source-map"])
                .arg(&source)
                .arg(dir.join(format!("{}.css", leptos.output_name))),
        )
    })?;
    Ok(out)
}
