//! `.br` (quality 11) and `.gz` (level 9) beside every file that gains by it: done once here, never on a request.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::Result;
use brotli::enc::BrotliEncoderParams;
use flate2::{Compression, write::GzEncoder};

use crate::stamp;

/// Formats that are compressed already.
const DENSE: [&str; 10] = [
    "avif", "br", "gif", "gz", "jpeg", "jpg", "png", "webp", "woff", "woff2",
];

/// A file of the site and what it weighs.
pub(crate) struct Weight {
    pub(crate) path: PathBuf,
    pub(crate) raw: usize,
    pub(crate) br: Option<usize>,
    pub(crate) gz: Option<usize>,
}

/// Compresses every file under `dir`; a twin that would not be smaller is left out.
pub(crate) fn tree(dir: &Path) -> Result<Vec<Weight>> {
    stamp::files(dir)?
        .into_iter()
        .map(|path| {
            let content = fs::read(dir.join(&path))?;
            let dense = path
                .extension()
                .is_some_and(|e| DENSE.iter().any(|d| e.eq_ignore_ascii_case(d)));
            let (br, gz) = if dense {
                (None, None)
            } else {
                (
                    keep(&dir.join(&path), "br", &content, &brotli(&content)?)?,
                    keep(&dir.join(&path), "gz", &content, &gzip(&content)?)?,
                )
            };
            Ok(Weight {
                path,
                raw: content.len(),
                br,
                gz,
            })
        })
        .collect()
}

fn keep(path: &Path, suffix: &str, content: &[u8], packed: &[u8]) -> Result<Option<usize>> {
    if packed.len() >= content.len() {
        return Ok(None);
    }
    let mut twin = path.as_os_str().to_owned();
    twin.push(".");
    twin.push(suffix);
    fs::write(twin, packed)?;
    Ok(Some(packed.len()))
}

fn brotli(content: &[u8]) -> Result<Vec<u8>> {
    let params = BrotliEncoderParams {
        quality: 11,
        size_hint: content.len(),
        ..BrotliEncoderParams::default()
    };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &content[..], &mut packed, &params)?;
    Ok(packed)
}

fn gzip(content: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    Ok(encoder.finish()?)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn a_twin_gives_back_the_same_bytes() {
        let content = b"the same again and ".repeat(100);
        let mut back = Vec::new();
        brotli::BrotliDecompress(&mut &brotli(&content).unwrap()[..], &mut back).unwrap();
        assert_eq!(back, content);
        let mut back = Vec::new();
        flate2::read::GzDecoder::new(&gzip(&content).unwrap()[..])
            .read_to_end(&mut back)
            .unwrap();
        assert_eq!(back, content);
    }

    #[test]
    fn a_file_that_gains_nothing_gets_no_twin() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("tiny.txt"), "x").unwrap();
        fs::write(dir.path().join("picture.png"), [0; 1000]).unwrap();
        fs::write(dir.path().join("long.txt"), [b'x'; 1000]).unwrap();
        let weights = tree(dir.path()).unwrap();
        let br: Vec<_> = weights
            .iter()
            .map(|w| (w.path.to_str().unwrap(), w.br.is_some()))
            .collect();
        assert_eq!(
            br,
            [
                ("long.txt", true),
                ("picture.png", false),
                ("tiny.txt", false)
            ]
        );
    }
}
