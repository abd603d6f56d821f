//! Starting a process, waiting for it, and ending it.

use super::{PATIENCE, SLUICE};
use serde_json::Value;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Waits for what a process writes once it answers.
pub(crate) async fn until_ready(file: &Path) -> Value {
    let waiting = async {
        loop {
            let text = std::fs::read(file).unwrap_or_default();
            if let Ok(ready) = serde_json::from_slice(&text) {
                return ready;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, waiting).await;
    waited.unwrap_or_else(|_| panic!("{} never came", file.display()))
}

pub(super) async fn launch(directory: &Path, settings: &[(&str, String)]) -> (Child, Value) {
    let ready_file = directory.join("ready.json");
    let _ = std::fs::remove_file(&ready_file);
    let log = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(directory.join("log"))
        .unwrap();
    let mut child = Command::new(SLUICE)
        .args(["serve", "--listen", "127.0.0.1:0"])
        .arg("--data")
        .arg(directory.join("data"))
        .arg("--ready-file")
        .arg(&ready_file)
        .env("SLUICE_GATE__DIFFICULTY", "4")
        .env("SLUICE_ROOM__FOLD_IN_MS", "100")
        .env("SLUICE_STOCK__LEASE_MS", "1000")
        .env("NO_COLOR", "1")
        .envs(settings.iter().map(|(name, value)| (name, value)))
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap();
    let waiting = async {
        loop {
            if let Some(ready) = std::fs::read(&ready_file)
                .ok()
                .and_then(|text| serde_json::from_slice(&text).ok())
            {
                return Ok(ready);
            }
            if let Some(ended) = child.try_wait().unwrap() {
                return Err(ended.to_string());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    match tokio::time::timeout(PATIENCE, waiting).await {
        Ok(Ok(ready)) => (child, ready),
        trouble => {
            let log = std::fs::read_to_string(directory.join("log")).unwrap_or_default();
            panic!("the edge did not come up ({trouble:?}); it said:\n{log}");
        }
    }
}

pub(crate) fn kill(signal: &str, pid: u32) {
    Command::new("kill")
        .args([&format!("-{signal}"), &pid.to_string()])
        .status()
        .unwrap();
}

pub(super) fn children_of(pid: u32) -> Vec<u32> {
    let children = Command::new("pgrep")
        .args(["-P", &pid.to_string()])
        .output();
    let text = children.map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&text)
        .lines()
        .filter_map(|line| line.parse().ok())
        .collect()
}
