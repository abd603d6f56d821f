//! The proof of work on both sides: how fast it is solved in Chromium, beside what a site would otherwise use, and how
//! fast an edge checks it.

use crate::Run;
use crate::load::median;
use crate::report::Figures;
use anyhow::{Context as _, Result, ensure};
use protocol::challenge::Challenge;
use protocol::codec::Keyring;
use protocol::digest::sha256;
use protocol::{SaleId, proof};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The price of the defaults (`[gate]` of Leptos.toml).
const ROUNDS: u8 = 16;
const DIFFICULTY: u8 = 14;
/// Different joins that are checked in turn.
const JOINS: u8 = 32;
/// How long one round of checking takes.
const CHECKING: Duration = Duration::from_millis(300);
const NOW: u64 = 1_800_000_000_000;

/// What `end2end/bench/solver.mjs` prints.
#[derive(Debug, Deserialize)]
struct Browser {
    /// Millions of hashes a second.
    mhs: BTreeMap<String, f64>,
    simd_vs_reference: f64,
    simd_vs_scalar: f64,
    simd_vs_best_peer: f64,
}

/// Measures both.
pub(crate) fn measure(run: &Run, figures: &mut Figures) -> Result<()> {
    solve(run, figures)?;
    check(run, figures)
}

/// In Chromium, one thread each, the same message, in one run.
fn solve(run: &Run, figures: &mut Figures) -> Result<()> {
    let output = Command::new("node")
        .args(["end2end/bench/solver.mjs", &(16 * run.rounds).to_string()])
        .stderr(Stdio::inherit())
        .output()
        .context("node is needed")?;
    ensure!(output.status.success(), "end2end/bench/solver.mjs failed");
    let browser: Browser = serde_json::from_slice(&output.stdout)?;
    for (name, mhs) in &browser.mhs {
        eprintln!("solver: {name} {mhs:.3} MH/s");
    }
    let speed = |name: &str| browser.mhs.get(name).copied().unwrap_or(f64::NAN);
    figures.set("solver_simd_mh_per_s", speed("simd"));
    figures.set("solver_scalar_mh_per_s", speed("scalar"));
    figures.set("solver_sha2_mh_per_s", speed("reference"));
    figures.set("solver_plain_js_mh_per_s", speed("plain"));
    // The scalar that counts is the reference, sha2 in WASM; the module for old browsers is the kernel itself.
    figures.set("solver_simd_vs_scalar", browser.simd_vs_reference);
    figures.set("solver_simd_vs_scalar_kernel", browser.simd_vs_scalar);
    figures.set("solver_vs_best_peer", browser.simd_vs_best_peer);
    Ok(())
}

/// All that an edge does with a join before its batch: seal, sale, device, time, and 16 hashes. One thread, and the
/// time that this thread got.
fn check(run: &Run, figures: &mut Figures) -> Result<()> {
    let ring = Keyring::new((1, [7; 32]));
    let sale = SaleId::parse("bench")?;
    let joins: Vec<(String, Vec<u64>)> = (0..JOINS)
        .map(|number| {
            let challenge = Challenge {
                sale: sale.clone(),
                epoch: 1,
                seed: sha256(&[number]),
                rounds: ROUNDS,
                difficulty: DIFFICULTY,
                suspicion: 0,
                captcha: false,
                keyless: false,
                device: [1; 32],
                network: [2; 8],
                not_before: NOW,
                expires_at: NOW + 120_000,
            };
            let nonces = proof::solve(&challenge.seed, ROUNDS, DIFFICULTY);
            (challenge.seal(&ring), nonces)
        })
        .collect();
    let all = |(token, nonces): &(String, Vec<u64>)| {
        Challenge::open(&ring, token).is_ok_and(|it| {
            it.fits(&sale, &[1; 32], NOW).is_ok()
                && proof::verify(&it.seed, it.rounds, it.difficulty, nonces)
        })
    };
    let seeds: Vec<[u8; 32]> = (0..JOINS).map(|number| sha256(&[number])).collect();
    let (mut whole, mut hashes) = (Vec::new(), Vec::new());
    for _ in 0..run.rounds {
        whole.push(per_second(|| joins.iter().all(&all))?);
        hashes.push(per_second(|| {
            let mut pairs = seeds.iter().zip(&joins);
            pairs.all(|(seed, (_, nonces))| proof::verify(seed, ROUNDS, DIFFICULTY, nonces))
        })?);
    }
    figures.set("verify_per_s_core", median(whole));
    figures.set("verify_hashes_only_per_s_core", median(hashes));
    Ok(())
}

/// Joins a second, by the CPU time of this thread.
fn per_second(mut check: impl FnMut() -> bool) -> Result<f64> {
    let (began, before) = (Instant::now(), cpu_time()?);
    let mut checked = 0u32;
    while began.elapsed() < CHECKING {
        ensure!(black_box(check()), "a good proof was refused");
        checked += u32::from(JOINS);
    }
    Ok(f64::from(checked) / (cpu_time()? - before).as_secs_f64())
}

/// CPU time of this thread.
fn cpu_time() -> Result<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let ns = text
        .split_whitespace()
        .next()
        .and_then(|ns| ns.parse().ok());
    Ok(Duration::from_nanos(ns.context("schedstat has no time")?))
}
