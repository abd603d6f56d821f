//! Names that change with the content, so that a browser may keep a file for ever.
//!
//! `sluice.wasm` becomes `sluice.{hash}.wasm`. Which hash is current stands in `hash.txt`, one
//! `extension: hash` a line, as cargo-leptos writes it. Leptos reads it on every render, from the
//! directory of the running executable: `HydrationScripts` wants `js` and `wasm` (and panics when
//! the file is missing), `HashedStylesheet` wants `css`. A container image must carry it along,
//! and test binaries, which live in `deps/`, need a copy there.
//!
//! Two things differ from cargo-leptos, neither visible to Leptos: the hash is the first half of a
//! SHA-256 (22 characters of base64url too), and the glue is hashed after the name of the wasm
//! module was written into it, so that `init()` without arguments works and equal names mean
//! equal bytes.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// The three files a page asks for, and what its workers ask for, under their hashed names.
pub(crate) struct Files {
    page: Vec<File>,
    modules: Vec<(&'static str, File)>,
}

struct File {
    extension: &'static str,
    hash: String,
    name: String,
    content: Vec<u8>,
}

impl Files {
    /// Reads glue and module from `front`, the stylesheet from `style`.
    pub(crate) fn read(name: &str, front: &Path, style: &Path) -> Result<Self> {
        let read = |dir: &Path, extension: &str| {
            let path = dir.join(format!("{name}.{extension}"));
            fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
        };
        let wasm = File::new(name, "wasm", read(front, "wasm")?);
        let glue = String::from_utf8(read(front, "js")?)?;
        let js = File::new(name, "js", point(&glue, name, &wasm.name).into_bytes());
        let css = File::new(name, "css", read(style, "css")?);
        Ok(Self {
            page: vec![js, wasm, css],
            modules: Vec::new(),
        })
    }

    /// Reads one more module, which `worker.js` knows by its `kind`.
    pub(crate) fn and_module(
        mut self,
        (kind, stem): (&'static str, &'static str),
        dir: &Path,
    ) -> Result<Self> {
        let path = dir.join(format!("{stem}.wasm"));
        let content = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        self.modules.push((kind, File::new(stem, "wasm", content)));
        Ok(self)
    }

    /// The names of the further modules, by kind.
    pub(crate) fn modules(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.modules
            .iter()
            .map(|(kind, file)| (*kind, file.name.as_str()))
    }

    /// Writes them into the site's `pkg` directory.
    pub(crate) fn install(&self, pkg: &Path) -> Result<()> {
        let modules = self.modules.iter().map(|(_, file)| file);
        for file in self.page.iter().chain(modules) {
            fs::write(pkg.join(&file.name), &file.content)?;
        }
        Ok(())
    }

    /// The content of `hash.txt`: the page's own three, as Leptos reads it.
    pub(crate) fn hash_txt(&self) -> String {
        let line = |file: &File| format!("{}: {}\n", file.extension, file.hash);
        self.page.iter().map(line).collect()
    }
}

impl File {
    fn new(stem: &str, extension: &'static str, content: Vec<u8>) -> Self {
        let hash = hash(&content);
        let name = format!("{stem}.{hash}.{extension}");
        Self {
            extension,
            hash,
            name,
            content,
        }
    }
}

fn hash(content: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(content)[..16])
}

/// The glue fetches its module by wasm-bindgen's name for it when it is told no other.
fn point(glue: &str, name: &str, wasm: &str) -> String {
    glue.replace(&format!("{name}_bg.wasm"), wasm)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a line of hash.txt the way leptos 0.8 does.
    fn as_leptos_reads(text: &str, extension: &str) -> String {
        text.lines()
            .filter_map(|line| line.trim().split_once(':'))
            .find(|(file, _)| *file == extension)
            .map(|(_, hash)| hash.trim().to_owned())
            .unwrap()
    }

    #[test]
    fn a_hash_is_as_long_as_that_of_cargo_leptos_and_safe_in_a_url() {
        let hash = hash(b"anything");
        assert_eq!(hash.len(), 22);
        assert!(
            hash.chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
        );
    }

    #[test]
    fn leptos_finds_every_file_by_hash_txt() {
        let dir = tempfile::tempdir().unwrap();
        let (from, pkg) = (dir.path().join("from"), dir.path().join("pkg"));
        fs::create_dir_all(&from).unwrap();
        fs::create_dir_all(&pkg).unwrap();
        fs::write(from.join("shop.js"), "new URL('shop_bg.wasm', here)").unwrap();
        fs::write(from.join("shop.wasm"), b"\0asm").unwrap();
        fs::write(from.join("shop.css"), "a{}").unwrap();

        fs::write(from.join("solver.wasm"), b"\0asm2").unwrap();

        let files = Files::read("shop", &from, &from)
            .and_then(|files| files.and_module(("scalar", "solver"), &from))
            .unwrap();
        files.install(&pkg).unwrap();
        let text = files.hash_txt();

        for extension in ["js", "wasm", "css"] {
            let hash = as_leptos_reads(&text, extension);
            let path = pkg.join(format!("shop.{hash}.{extension}"));
            let content = fs::read(&path).unwrap();
            assert_eq!(super::hash(&content), hash, "{}", path.display());
        }
        let (kind, name) = files.modules().next().unwrap();
        assert_eq!((kind, text.contains("solver")), ("scalar", false));
        assert_eq!(fs::read(pkg.join(name)).unwrap(), b"\0asm2");
        let glue = pkg.join(format!("shop.{}.js", as_leptos_reads(&text, "js")));
        let glue = fs::read_to_string(glue).unwrap();
        let wasm = as_leptos_reads(&text, "wasm");
        assert_eq!(glue, format!("new URL('shop.{wasm}.wasm', here)"));
    }

    #[test]
    fn a_new_module_gives_the_glue_a_new_name() {
        let glue = "new URL('shop_bg.wasm', here)";
        assert_ne!(
            hash(point(glue, "shop", "one").as_bytes()),
            hash(point(glue, "shop", "two").as_bytes())
        );
    }
}
