//! What a process costs, as the kernel counts it.

use anyhow::{Context as _, Result};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// CPU time of a process, its own threads only, in steps of 10 ms.
pub(crate) fn cpu_time(pid: u32) -> Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The second field is the name, in brackets, and may hold anything; utime and stime are 14 and 15.
    let (_, rest) = stat.rsplit_once(')').context("stat has no name")?;
    let ticks: u64 = rest
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    // USER_HZ is 100 on every Linux that this runs on.
    Ok(Duration::from_millis(10 * ticks))
}

/// CPU time of the threads that a process has now, as the scheduler gave it to them, in ns: for short rounds, for
/// which the ticks of [`cpu_time`] are too coarse. What threads took that have ended since is not in it.
pub(crate) fn exact_cpu_time(pid: u32) -> Result<Duration> {
    let mut spent = Duration::ZERO;
    for thread in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        let text = std::fs::read_to_string(thread?.path().join("schedstat"))?;
        let ns = text
            .split_whitespace()
            .next()
            .and_then(|ns| ns.parse().ok());
        spent += Duration::from_nanos(ns.context("schedstat has no time")?);
    }
    Ok(spent)
}

/// Resident memory of a process, bytes.
pub(crate) fn resident(pid: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    Ok(1024 * kilobytes.context("no VmRSS")?)
}

/// The one child of a process.
pub(crate) fn child_of(pid: u32) -> Result<u32> {
    for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        let children = std::fs::read_to_string(task?.path().join("children"))?;
        if let Some(child) = children.split_whitespace().next() {
            return Ok(child.parse()?);
        }
    }
    anyhow::bail!("process {pid} has no child")
}

/// Cores of this machine.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// A command on one core, where the machine has more than one.
pub(crate) fn on_core(core: usize, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.arg("-c").arg(core.to_string()).arg(program);
    command
}

/// Moves this process, and all that it starts from now on, to one core; stays where there is only one.
pub(crate) fn move_to_core(core: usize) -> Result<()> {
    move_to(&core.min(cores() - 1).to_string())
}

/// Moves this process to all cores again.
pub(crate) fn move_to_all() -> Result<()> {
    // What is left of `available_parallelism` after moving to one core is one.
    let all = std::fs::read_to_string("/sys/devices/system/cpu/online")?;
    move_to(all.trim())
}

fn move_to(cores: &str) -> Result<()> {
    let me = std::process::id().to_string();
    let mut command = Command::new("taskset");
    command.args(["-acp", cores, &me]).stdout(Stdio::null());
    let status = command.status().context("taskset (util-linux) is needed")?;
    anyhow::ensure!(status.success(), "taskset refused: {status}");
    Ok(())
}

/// What Redis was asked, and the memory it uses. What a script calls inside of Redis is not sent to it;
/// the edge asks for everything by scripts, so their calls are what is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RedisState {
    /// Scripts called.
    pub(crate) scripts: u64,
    /// `used_memory`.
    pub(crate) memory: u64,
}

/// Asks Redis on this socket.
pub(crate) fn redis(socket: &Path) -> Result<RedisState> {
    let mut command = Command::new("redis-cli");
    command.arg("-s").arg(socket).args(["info", "everything"]);
    let output = command.output().context("redis-cli is needed")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let value = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.trim().split(',').next()?.parse().ok());
        number.unwrap_or(0u64)
    };
    Ok(RedisState {
        scripts: value("cmdstat_evalsha:calls=") + value("cmdstat_eval:calls="),
        memory: value("used_memory:"),
    })
}
