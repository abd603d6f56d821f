//! What a module exports to JavaScript: one function of numbers, so there is no memory to share and nothing to free.

/// Looks for the smallest nonce that solves `round` among `count` of them, at most 2^31 - 1, from `high` · 2^32 +
/// `low` on. Returns its distance from the first, or -1 when none of them does.
///
/// The seed is eight big-endian words; `difficulty` is 0 to 32 leading zero bits.
#[allow(
    unsafe_code,
    reason = "an exported name could meet another; this module has one"
)]
#[allow(
    clippy::too_many_arguments,
    reason = "numbers are all that passes without glue"
)]
#[unsafe(no_mangle)]
pub extern "C" fn find(
    s0: u32,
    s1: u32,
    s2: u32,
    s3: u32,
    s4: u32,
    s5: u32,
    s6: u32,
    s7: u32,
    round: u32,
    difficulty: u32,
    high: u32,
    low: u32,
    count: u32,
) -> i32 {
    let seed = [s0, s1, s2, s3, s4, s5, s6, s7];
    let from = u64::from(high) << 32 | u64::from(low);
    let found = among(&seed, round, difficulty, from, count.min(i32::MAX as u32));
    found.map_or(-1, |at| at as i32)
}

#[cfg(feature = "reference")]
fn among(words: &[u32; 8], round: u32, difficulty: u32, from: u64, count: u32) -> Option<u32> {
    let mut seed = [0; 32];
    for (bytes, word) in seed.chunks_exact_mut(4).zip(words) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    let nonces = from..from.saturating_add(u64::from(count));
    let found = protocol::proof::solve_round(&seed, round, difficulty.min(32) as u8, nonces)?;
    Some((found - from) as u32)
}

#[cfg(not(feature = "reference"))]
fn among(seed: &[u32; 8], round: u32, difficulty: u32, from: u64, count: u32) -> Option<u32> {
    #[cfg(target_feature = "simd128")]
    type Widest = crate::word::OneMore<crate::word::Four>;
    #[cfg(not(target_feature = "simd128"))]
    type Widest = u32;
    crate::kernel::find::<Widest>(seed, round, difficulty, from, count)
}
