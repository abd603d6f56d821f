//! A process of a cell: started, killed, stopped, started again in the same way.

use anyhow::{Context as _, Result, bail};
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};

/// How soon a supervisor starts again what died.
const AGAIN_AFTER: Duration = Duration::from_millis(100);

/// One process and how to start it.
#[derive(Debug)]
pub(crate) struct Service {
    name: String,
    program: PathBuf,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    directory: PathBuf,
    child: Option<Child>,
}

impl Service {
    /// Describes a process; nothing runs yet. Its log is `directory/name.log`.
    pub(crate) fn new(name: &str, program: impl Into<PathBuf>, directory: &Path) -> Self {
        Self {
            name: name.to_owned(),
            program: program.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            directory: directory.to_owned(),
            child: None,
        }
    }

    /// Adds arguments.
    pub(crate) fn args<S: Into<String>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Adds variables.
    pub(crate) fn envs(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        self.environment.extend(variables);
        self
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Starts it.
    pub(crate) fn start(&mut self) -> Result<()> {
        let log = self.directory.join(format!("{}.log", self.name));
        let log = OpenOptions::new().create(true).append(true).open(log)?;
        let child = Command::new(&self.program)
            .args(&self.arguments)
            .envs(self.environment.iter().cloned())
            .env("NO_COLOR", "1")
            .current_dir(&self.directory)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} cannot be started", self.name))?;
        self.child = Some(child);
        Ok(())
    }

    /// Sends a signal.
    pub(crate) async fn signal(&self, signal: &str) -> Result<()> {
        let pid = self.child.as_ref().and_then(Child::id);
        let Some(pid) = pid else {
            bail!("{} does not run", self.name);
        };
        let sent = Command::new("kill")
            .args([format!("-{signal}"), pid.to_string()])
            .status()
            .await?;
        anyhow::ensure!(sent.success(), "{} could not be signalled", self.name);
        Ok(())
    }

    /// kill -9.
    pub(crate) async fn kill(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill().await?;
        }
        Ok(())
    }

    /// kill -9, and started again as a supervisor would.
    pub(crate) async fn restart(&mut self) -> Result<()> {
        self.kill().await?;
        tokio::time::sleep(AGAIN_AFTER).await;
        self.start()
    }

    /// Stops it for a while.
    pub(crate) async fn pause(&self, length: Duration) -> Result<()> {
        self.signal("STOP").await?;
        tokio::time::sleep(length).await;
        self.signal("CONT").await
    }

    /// Did it end by itself?
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child
            .as_mut()
            .is_some_and(|child| !matches!(child.try_wait(), Ok(None)))
    }
}
