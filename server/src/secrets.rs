//! The secrets of this edge: given by the environment, or made up once and kept under `data`, readable by
//! their owner only. There is no default secret.

use crate::config::ServerConfig;
use anyhow::{Context as _, ensure};
use protocol::codec::Keyring;
use protocol::digest::{from_hex, tagged, to_hex};
use std::collections::HashSet;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// What nobody else may know.
pub(crate) struct Secrets {
    /// Seals tickets, passes, challenges and the operator's session.
    pub(crate) keys: Keyring,
    /// Lets the operator in.
    pub(crate) operator_password: String,
}

impl Secrets {
    pub(crate) fn load(config: &ServerConfig) -> anyhow::Result<Self> {
        let secret = given_or_kept(&config.secret, &config.data.join("secret"), 32)?;
        let older = config
            .older_secrets
            .split(',')
            .filter(|text| !text.is_empty());
        let keys = keyring(&secret, older)?;
        let password = given_or_kept(
            &config.operator_password,
            &config.data.join("operator-password"),
            12,
        )?;
        ensure!(
            password.len() >= 12,
            "server.operator_password has to be at least 12 characters"
        );
        Ok(Self {
            keys,
            operator_password: password,
        })
    }
}

/// The ring that seals with the current secret and still opens what the older ones sealed.
fn keyring<'a>(current: &str, older: impl Iterator<Item = &'a str>) -> anyhow::Result<Keyring> {
    let current = key(current).context("server.secret")?;
    let (mut ring, mut ids) = (Keyring::new(current), HashSet::from([current.0]));
    for text in older {
        let older = key(text).context("server.older_secrets")?;
        ensure!(
            ids.insert(older.0),
            "server.older_secrets: the id {} stands for two secrets",
            older.0
        );
        ring = ring.and_accept(older);
    }
    Ok(ring)
}

/// Reads `ID:64 hexadecimal digits`, or the digits alone for id 1. What is wrong is told without the text.
fn key(text: &str) -> anyhow::Result<(u8, [u8; 32])> {
    let (id, digits) = text.trim().split_once(':').unwrap_or(("1", text.trim()));
    let id = id.parse().context("an id is a number from 0 to 255")?;
    let secret: [u8; 32] = from_hex(digits).context("a secret is 64 hexadecimal digits")?;
    Ok((id, tagged("sluice/token-key/v1", &[&secret])))
}

fn given_or_kept(given: &str, file: &Path, random_bytes: usize) -> anyhow::Result<String> {
    if !given.is_empty() {
        return Ok(given.to_owned());
    }
    if let Ok(kept) = fs::read_to_string(file) {
        return Ok(kept.trim().to_owned());
    }
    let mut bytes = vec![0; random_bytes];
    rand::fill(bytes.as_mut_slice());
    let made_up = to_hex(&bytes);
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .and_then(|mut file| file.write_all(made_up.as_bytes()))
        .with_context(|| format!("{} cannot be written", file.display()))?;
    Ok(made_up)
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::codec::Fields;

    fn ring(current: &str, older: &[&str]) -> anyhow::Result<Keyring> {
        keyring(current, older.iter().copied())
    }

    fn opens(ring: &Keyring, token: &str) -> bool {
        ring.open("test", token, |_| Some(())).is_ok()
    }

    #[test]
    fn what_an_older_secret_sealed_counts_until_it_is_taken_out() {
        let (old, new) = ("11".repeat(32), format!("2:{}", "22".repeat(32)));
        let token = ring(&old, &[]).unwrap().seal("test", &Fields::new());
        // A secret without an id has id 1, so that those of before there were ids still count.
        let rotated = ring(&new, &[&format!("1:{old}")]).unwrap();
        assert!(opens(&rotated, &token));
        assert!(!opens(
            &ring(&old, &[]).unwrap(),
            &rotated.seal("test", &Fields::new())
        ));
        assert!(!opens(&ring(&new, &[]).unwrap(), &token));
    }

    #[test]
    fn a_wrong_secret_is_refused_without_being_told() {
        let good = "ab".repeat(32);
        for (current, older) in [
            ("abc", ""),
            (&*format!("256:{good}"), ""),
            (&*format!("x:{good}"), ""),
            (&*good, "2:zz"),
            (&*good, &*format!("1:{good}")),
        ] {
            let older: Vec<&str> = older.split(',').filter(|text| !text.is_empty()).collect();
            let error = ring(current, &older).unwrap_err();
            assert!(!format!("{error:#}").contains("ab"), "{error:#}");
        }
    }
}
