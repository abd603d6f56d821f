//! A fresh server of herd's own: the `sluice` server as a child process, with data in a directory that
//! disappears with it.
//!
//! The child is this same binary, started as `herd edge`, so that crowd and server are always of one
//! build. It ends when it is told to, and also when herd itself is killed: its standard input closes.

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// A server that is not ready by then never will be.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// A server that has not stopped by then is killed.
const STOP_WITHIN: Duration = Duration::from_secs(15);
/// Lines of the log that are shown when something failed.
const TAIL: usize = 60;

/// What the server says of itself when it is ready.
#[derive(Clone, Deserialize)]
pub struct Ready {
    /// The public address.
    pub url: String,
    /// The embedded payment provider.
    pub psp_url: String,
    /// The operator's password.
    pub operator_password: String,
}

/// A running server.
#[derive(Debug)]
pub struct Edge {
    child: Child,
    home: TempDir,
}

impl Edge {
    /// Starts a server with these settings (names of environment variables and their values) and waits
    /// until it is ready. What the environment sets already wins over the settings.
    pub async fn start(settings: &[(&str, String)]) -> Result<(Self, Ready)> {
        let home = tempfile::Builder::new()
            .prefix("herd-")
            .tempdir()
            .context("no temporary directory")?;
        let ready_file = home.path().join("ready.json");
        let log = std::fs::File::create(log_file(home.path()))?;
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["edge", "--", "serve", "--listen", "127.0.0.1:0"])
            .arg("--data")
            .arg(home.path().join("data"))
            .arg("--ready-file")
            .arg(&ready_file)
            // Fresh means fresh: everything of its own, whatever the environment offers.
            .env_remove("REDIS_URL")
            .env_remove("DATABASE_URL")
            .env_remove("PSP_URL")
            .env("NO_COLOR", "1")
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .kill_on_drop(true);
        for (name, value) in settings {
            if std::env::var_os(name).is_none() {
                command.env(name, value);
            }
        }
        let child = command.spawn().context("the server does not start")?;
        let mut edge = Self { child, home };
        match edge.ready(&ready_file).await {
            Ok(ready) => Ok((edge, ready)),
            Err(error) => {
                edge.print_log();
                edge.stop().await;
                Err(error)
            }
        }
    }

    async fn ready(&mut self, file: &Path) -> Result<Ready> {
        let waiting = async {
            loop {
                if let Some(status) = self.child.try_wait()? {
                    bail!("the server ended before it was ready: {status}");
                }
                // Half a file is no JSON yet.
                if let Some(ready) = std::fs::read(file)
                    .ok()
                    .and_then(|bytes| serde_json::from_slice(&bytes).ok())
                {
                    return Ok(ready);
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(READY_WITHIN, waiting)
            .await
            .context("the server did not become ready")?
    }

    /// Has the server ended by itself? It should not.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Stops the server: politely, then for sure. Its data disappears.
    pub async fn stop(mut self) {
        if let Some(id) = self.child.id() {
            terminate(id);
        }
        if tokio::time::timeout(STOP_WITHIN, self.child.wait())
            .await
            .is_err()
        {
            eprintln!("the server did not stop when asked to, it is killed");
            self.print_log();
            self.child.kill().await.ok();
        }
    }

    /// Shows the end of the server's log.
    pub fn print_log(&self) {
        let bytes = std::fs::read(log_file(self.home.path())).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().collect();
        let from = lines.len().saturating_sub(TAIL);
        eprintln!("--- the server's log, last {} lines", lines.len() - from);
        for line in &lines[from..] {
            eprintln!("{line}");
        }
        eprintln!("---");
    }
}

fn log_file(home: &Path) -> PathBuf {
    home.join("server.log")
}

/// Sends SIGTERM. Through the shell: the standard library has no signals, and this crate no unsafe.
fn terminate(process: u32) {
    let kill = format!("kill -TERM {process}");
    std::process::Command::new("sh")
        .args(["-c", &kill])
        .status()
        .ok();
}

/// What `herd edge` does: be the server, and end with the herd that started it.
#[cfg(feature = "edge")]
pub fn become_server(args: Vec<OsString>) -> Result<ExitCode> {
    std::thread::spawn(|| {
        // Nobody writes to it: it ends when the herd does.
        std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).ok();
        terminate(std::process::id());
        #[allow(
            clippy::disallowed_methods,
            reason = "a thread of its own, outside of the runtime"
        )]
        std::thread::sleep(STOP_WITHIN);
        std::process::exit(1);
    });
    let name = OsString::from("sluice");
    Ok(server::cli::run(std::iter::once(name).chain(args)))
}

/// What `herd edge` does when herd was built without a server.
#[cfg(not(feature = "edge"))]
pub fn become_server(_args: Vec<OsString>) -> Result<ExitCode> {
    bail!("this herd was built without a server; name one with --url")
}
