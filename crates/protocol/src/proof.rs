//! Proof of work: 16 small puzzles instead of one large one.
//!
//! Round `r` of a challenge is solved by a nonce for which `SHA-256(seed ‖ r as u32 LE ‖ nonce as u64
//! LE)` begins with `difficulty` zero bits. The expected work is `rounds × 2^difficulty` hashes; many
//! rounds make the time vary little (a standard deviation of 1/√rounds of the mean) and let a browser
//! show honest progress. The message is 44 bytes, one SHA-256 block.

use sha2::{Digest as _, Sha256};

/// Rounds above this are refused unread.
pub const MAX_ROUNDS: u8 = 64;

fn leading_zeros(seed: &[u8; 32], round: u32, nonce: u64) -> u32 {
    let mut message = [0; 44];
    message[..32].copy_from_slice(seed);
    message[32..36].copy_from_slice(&round.to_le_bytes());
    message[36..].copy_from_slice(&nonce.to_le_bytes());
    let hash = Sha256::digest(message);
    let mut high = [0; 8];
    high.copy_from_slice(&hash[..8]);
    u64::from_be_bytes(high).leading_zeros()
}

/// Looks for the nonce of one round among `nonces`; `None` when none of them solves it.
///
/// A caller that must stay responsive asks for short ranges.
pub fn solve_round(
    seed: &[u8; 32],
    round: u32,
    difficulty: u8,
    nonces: std::ops::Range<u64>,
) -> Option<u64> {
    nonces
        .into_iter()
        .find(|nonce| leading_zeros(seed, round, *nonce) >= u32::from(difficulty))
}

/// Solves every round, from nonce 0 upwards. Takes `rounds × 2^difficulty` hashes on average.
pub fn solve(seed: &[u8; 32], rounds: u8, difficulty: u8) -> Vec<u64> {
    (0..u32::from(rounds))
        .filter_map(|round| solve_round(seed, round, difficulty, 0..u64::MAX))
        .collect()
}

/// Is there one good nonce for every round? Costs at most `rounds` hashes and stops at the first bad one.
pub fn verify(seed: &[u8; 32], rounds: u8, difficulty: u8, nonces: &[u64]) -> bool {
    rounds > 0
        && rounds <= MAX_ROUNDS
        && nonces.len() == usize::from(rounds)
        && nonces
            .iter()
            .zip(0u32..)
            .all(|(nonce, round)| leading_zeros(seed, round, *nonce) >= u32::from(difficulty))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_specified_bytes_are_what_is_hashed() {
        let mut message = vec![9; 32];
        message.extend([2, 0, 0, 0]);
        message.extend([1, 1, 0, 0, 0, 0, 0, 0]);
        let expected = u64::from_be_bytes(Sha256::digest(&message)[..8].try_into().unwrap());
        assert_eq!(leading_zeros(&[9; 32], 2, 257), expected.leading_zeros());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn only_the_work_that_was_asked_for_counts(seed: [u8; 32], other: [u8; 32], cut in 0usize..4) {
            let nonces = solve(&seed, 4, 8);
            prop_assert!(verify(&seed, 4, 8, &nonces));
            prop_assert!(!verify(&seed, 4, 8, &nonces[..cut]));
            prop_assert!(!verify(&seed, 0, 8, &[]));
            prop_assert!(!verify(&seed, 4, 40, &nonces));
            prop_assume!(seed != other);
            prop_assert!(!verify(&other, 4, 16, &nonces));
        }
    }
}
