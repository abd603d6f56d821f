//! What need not be done again: a step's output is kept while its inputs hash to the same value.
//!
//! Beside the output directory `x` lies `x.stamp` with two lines: the digest of the inputs and the
//! digest of the output, so that an output somebody has touched is made anew. A step writes into
//! `x.next`, which takes the place of `x` only when it is whole.

use std::{
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// The inputs of a step, collected into one digest.
pub(crate) struct Inputs(Sha256);

impl Inputs {
    /// Begins with this program itself: a changed recipe is a changed input.
    pub(crate) fn new() -> Result<Self> {
        let mut inputs = Self(Sha256::new());
        inputs.file(&std::env::current_exe()?)?;
        Ok(inputs)
    }

    /// Adds a value, its length first so that two values cannot run into each other.
    pub(crate) fn value(&mut self, value: impl AsRef<[u8]>) {
        let value = value.as_ref();
        self.0.update((value.len() as u64).to_le_bytes());
        self.0.update(value);
    }

    /// Adds a file's content.
    pub(crate) fn file(&mut self, path: &Path) -> Result<()> {
        self.value(fs::read(path).with_context(|| format!("cannot read {}", path.display()))?);
        Ok(())
    }

    /// Adds the names and contents of every file under a directory.
    pub(crate) fn tree(&mut self, dir: &Path) -> Result<()> {
        for file in files(dir)? {
            self.value(file.to_string_lossy().as_bytes());
            self.file(&dir.join(file))?;
        }
        Ok(())
    }

    fn digest(self) -> String {
        hex::encode(self.0.finalize())
    }
}

/// Makes `out` with `build`, unless it is already what these inputs gave last time.
/// Returns whether it was made.
pub(crate) fn unless_fresh(
    out: &Path,
    inputs: Inputs,
    build: impl FnOnce(&Path) -> Result<()>,
) -> Result<bool> {
    let stamp = beside(out, "stamp");
    let inputs = inputs.digest();
    if let Ok(last) = fs::read_to_string(&stamp)
        && last == words(&inputs, out)?
    {
        return Ok(false);
    }
    let next = beside(out, "next");
    remove(&next)?;
    fs::create_dir_all(&next)?;
    build(&next)?;
    remove(out)?;
    fs::rename(&next, out)?;
    fs::write(stamp, words(&inputs, out)?)?;
    Ok(true)
}

/// Every file under `dir`, relative to it, in a fixed order; none when there is no such directory.
pub(crate) fn files(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(relative) = open.pop() {
        let entries = match fs::read_dir(dir.join(&relative)) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let path = relative.join(entry.file_name());
            if entry.path().is_dir() {
                open.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn words(inputs: &str, out: &Path) -> Result<String> {
    let mut output = Inputs(Sha256::new());
    output.tree(out)?;
    Ok(format!("inputs: {inputs}\noutput: {}\n", output.digest()))
}

fn beside(out: &Path, suffix: &str) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

fn remove(dir: &Path) -> io::Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(out: &Path, input: &str) -> bool {
        let mut inputs = Inputs::new().unwrap();
        inputs.value(input);
        unless_fresh(out, inputs, |dir| Ok(fs::write(dir.join("made"), input)?)).unwrap()
    }

    #[test]
    fn a_step_runs_again_only_when_its_inputs_change() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        assert!(make(&out, "a"));
        assert!(!make(&out, "a"));
        assert!(make(&out, "b"));
        assert_eq!(fs::read_to_string(out.join("made")).unwrap(), "b");
    }

    #[test]
    fn an_output_somebody_touched_is_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        make(&out, "a");
        fs::write(out.join("made"), "else").unwrap();
        assert!(make(&out, "a"));
        fs::remove_dir_all(&out).unwrap();
        assert!(make(&out, "a"));
    }

    #[test]
    fn a_step_that_fails_leaves_the_last_output_in_place() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        make(&out, "a");
        let failed = unless_fresh(&out, Inputs::new().unwrap(), |_| anyhow::bail!("no"));
        assert!(failed.is_err());
        assert!(!make(&out, "a"));
    }

    #[test]
    fn two_values_do_not_run_into_each_other() {
        let digest = |values: &[&str]| {
            let mut inputs = Inputs(Sha256::new());
            values.iter().for_each(|v| inputs.value(v));
            inputs.digest()
        };
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
    }
}
