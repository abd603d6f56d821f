//! The secrets of this edge: given by the environment, or made up once and kept under `data`, readable by
//! their owner only. There is no default secret.

use crate::config::ServerConfig;
use anyhow::{Context as _, ensure};
use protocol::codec::Keyring;
use protocol::digest::{from_hex, tagged, to_hex};
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
        let secret: [u8; 32] =
            from_hex(&secret).context("server.secret has to be 64 hexadecimal digits")?;
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
            keys: Keyring::new((1, tagged("sluice/token-key/v1", &[&secret]))),
            operator_password: password,
        })
    }
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
