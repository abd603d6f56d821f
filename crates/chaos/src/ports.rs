//! Ports for servers that are killed and come back: nobody else may have taken them meanwhile.
//!
//! So they lie below those that the system hands out to whoever connects (from 32768 on, unless it is told otherwise),
//! and no two cells of this process are given the same one. Another run at the same time begins elsewhere.

use anyhow::{Context as _, Result};
use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};

/// The first port, and how many there are.
const FIRST: u32 = 12_000;
const COUNT: u32 = 20_000;
/// Runs that follow each other begin so far apart. Has no divisor in common with `COUNT`.
const APART: u32 = 997;

/// So many ports that nobody uses at this moment.
pub(crate) fn free_ports<const N: usize>() -> Result<[u16; N]> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let mut ports = [0; N];
    for port in &mut ports {
        let mut tries = (0..COUNT).map(|_| nth(NEXT.fetch_add(1, Ordering::Relaxed)));
        *port = tries
            .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
            .context("no port is free")?;
    }
    Ok(ports)
}

/// The n-th port of this process.
fn nth(n: u32) -> u16 {
    let begin = std::process::id().wrapping_mul(APART) % COUNT;
    (FIRST + (begin + n) % COUNT) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_all_different_and_below_those_of_clients() {
        let ports: [u16; 20] = free_ports().unwrap();
        let different: std::collections::BTreeSet<u16> = ports.into();
        assert_eq!(different.len(), 20);
        assert!(ports.iter().all(|port| (12_000..32_000).contains(port)));
    }
}
