//! The append-only file that lets the bank remember: one JSON line per change.
//!
//! `books` writes a line before the caller gets an answer. The line goes to the operating system in
//! one write, without fsync: it survives kill -9 of the process, not a power cut. A torn last line
//! is a change nobody was told about; it is cut off when the file is opened.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, BufRead, BufReader, Write},
    path::Path,
};

use crate::{Error, outcome::Change};

/// The open journal, locked against a second simulator.
#[derive(Debug)]
pub(crate) struct Journal {
    file: File,
    length: u64,
}

impl Journal {
    /// Opens the file, creates it if it is missing, and hands every change in it to `replay`.
    pub(crate) fn open(path: &Path, replay: impl FnMut(Change)) -> Result<Self, Error> {
        let fail = |source| Error::Journal {
            path: path.to_owned(),
            source,
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(fail)?;
        }
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(path)
            .map_err(fail)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::JournalInUse {
                    path: path.to_owned(),
                });
            }
            Err(TryLockError::Error(source)) => return Err(fail(source)),
        }
        let length = read(path, &file, replay, fail)?;
        file.set_len(length).map_err(fail)?;
        Ok(Self { file, length })
    }

    /// Adds a line. If that fails the file is as it was before.
    pub(crate) fn append(&mut self, change: &Change) -> io::Result<()> {
        let mut line = serde_json::to_vec(change)?;
        line.push(b'\n');
        if let Err(error) = self.file.write_all(&line) {
            self.file.set_len(self.length)?;
            return Err(error);
        }
        self.length += line.len() as u64;
        Ok(())
    }
}

/// Replays the whole lines and returns where the last of them ends.
fn read(
    path: &Path,
    file: &File,
    mut replay: impl FnMut(Change),
    fail: impl Fn(io::Error) -> Error,
) -> Result<u64, Error> {
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    let mut length = 0;
    for number in 1.. {
        line.clear();
        let read = reader.read_until(b'\n', &mut line).map_err(&fail)?;
        if line.last() != Some(&b'\n') {
            if read > 0 {
                tracing::warn!(path = %path.display(), "the journal's torn last line was cut off");
            }
            break;
        }
        let change = serde_json::from_slice(&line).map_err(|source| Error::JournalDamaged {
            path: path.to_owned(),
            line: number,
            source,
        })?;
        replay(change);
        length += read as u64;
    }
    Ok(length)
}
