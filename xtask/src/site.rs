//! Everything the browser downloads, in one directory, and the `hash.txt` that leads the server to it.

use std::{
    fs::{self, File},
    path::Path,
    time::Instant,
};

use anyhow::{Context, Result, ensure};

use crate::{
    compress, front, hash,
    metadata::Project,
    solver,
    stamp::{self, Inputs},
    style,
};

/// Builds the site and tells the servers in `target/{debug,release}` about it: the one of
/// `profile` for sure, the other when it exists.
pub(crate) fn build(project: &Project, profile: &str, features: &[String]) -> Result<()> {
    let begun = Instant::now();
    let work = project.target.join("xtask");
    fs::create_dir_all(&work)?;
    // Two builds at once would write over each other; the second waits and finds everything done.
    let lock = File::create(work.join("lock"))?;
    lock.lock()?;

    let style = style::build(project)?;
    let front = front::build(project, features)?;
    let solver = solver::build(project)?;
    let leptos = &project.leptos;
    let assets = project.path(&leptos.assets_dir);
    let site = project.path(&leptos.site_root);
    let page = hash::Files::read(&leptos.output_name, &front, &style)?;
    let files =
        solver::modules().try_fold(page, |files, module| files.and_module(module, &solver))?;
    let addresses = files
        .modules()
        .map(|(kind, name)| (kind, format!("/{}/{name}", leptos.site_pkg_dir)))
        .collect();

    let mut inputs = Inputs::new()?;
    inputs.tree(&front)?;
    inputs.tree(&style)?;
    inputs.tree(&solver)?;
    inputs.tree(&assets)?;
    inputs.value(&leptos.site_pkg_dir);
    inputs.value(&leptos.output_name);

    let made = stamp::unless_fresh(&site, inputs, |dir| {
        let pkg = dir.join(&leptos.site_pkg_dir);
        copy(&assets, dir)?;
        ensure!(
            !pkg.exists(),
            "{} must not hold a `{}` of its own: that name is for the built files",
            leptos.assets_dir.display(),
            leptos.site_pkg_dir
        );
        fs::create_dir_all(&pkg)?;
        copy(&front.join("snippets"), &pkg.join("snippets"))?;
        files.install(&pkg)?;
        solver::point(&dir.join("worker.js"), &addresses)?;
        eprintln!("xtask: compress");
        report(&compress::tree(dir)?);
        Ok(())
    })?;
    tell_servers(&project.target, profile, &files.hash_txt())?;

    let what = if made { "built" } else { "unchanged" };
    let seconds = begun.elapsed().as_secs_f32();
    eprintln!(
        "xtask: {} {what} in {seconds:.1} s",
        leptos.site_root.display()
    );
    Ok(())
}

/// Lays `hash.txt` beside the servers, and in `deps/`, where the test binaries look for it.
fn tell_servers(target: &Path, asked: &str, hash_txt: &str) -> Result<()> {
    fs::create_dir_all(target.join(asked))?;
    for profile in ["debug", "release"] {
        for dir in [target.join(profile), target.join(profile).join("deps")] {
            if dir.is_dir() {
                fs::write(dir.join("hash.txt"), hash_txt)
                    .with_context(|| format!("cannot write hash.txt in {}", dir.display()))?;
            }
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    for file in stamp::files(from)? {
        let target = to.join(&file);
        fs::create_dir_all(target.parent().context("a file lies in a directory")?)?;
        fs::copy(from.join(&file), target)?;
    }
    Ok(())
}

fn report(weights: &[compress::Weight]) {
    let column = |size: Option<usize>| size.map_or_else(|| "-".to_owned(), |s| s.to_string());
    eprintln!("{:>9} {:>9} {:>9}  bytes", "raw", "br", "gz");
    for weight in weights {
        eprintln!(
            "{:>9} {:>9} {:>9}  {}",
            weight.raw,
            column(weight.br),
            column(weight.gz),
            weight.path.display()
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_servers_and_their_tests_find_hash_txt() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("debug/deps")).unwrap();
        tell_servers(dir.path(), "release", "js: x\n").unwrap();
        for place in ["debug", "debug/deps", "release"] {
            assert!(dir.path().join(place).join("hash.txt").exists(), "{place}");
        }
    }
}
