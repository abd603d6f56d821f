//! The draw: the lobby's numbers become ranks by a permutation that nobody could choose.
//!
//! Before the lobby opens the sale publishes [`commitment`], the hash of a secret. When the lobby
//! closes, its size and the digest of its join transcript are fixed, and [`seed`] follows from them
//! and the secret. [`rank_of`] then permutes `0..size` with a Feistel network (Luby and Rackoff, 1988)
//! over the next even power of two and walks its cycle until it falls inside (Black and Rogaway,
//! "Ciphers with arbitrary finite domains", 2002). docs/FAIRNESS.md gives it byte by byte.

use crate::digest::{Digest, sha256, tagged};
use crate::ids::{Rank, TicketNumber};

const ROUNDS: u8 = 8;

/// What is published before the lobby opens: SHA-256 of the 32-byte secret.
pub fn commitment(secret: &[u8; 32]) -> Digest {
    sha256(secret)
}

/// The seed of the permutation, from the secret, the transcript's root, the lobby's size and an
/// optional public beacon (empty when the sale uses none).
pub fn seed(secret: &[u8; 32], transcript: &Digest, size: u64, beacon: &[u8]) -> Digest {
    tagged(
        "sluice/draw-seed/v1",
        &[secret, transcript, &size.to_be_bytes(), beacon],
    )
}

/// The rank of a ticket in a lobby of `size`.
///
/// Numbers from `size` on joined after the draw: they stand behind it in order of arrival.
pub fn rank_of(seed: &Digest, size: u64, number: TicketNumber) -> Rank {
    if number.0 >= size {
        return Rank(number.0);
    }
    let half_bits = half_bits(size);
    let mut value = permute(seed, half_bits, number.0);
    while value >= size {
        value = permute(seed, half_bits, value);
    }
    Rank(value)
}

/// Half the width of the smallest even-width domain that holds `size` values; at least 1.
fn half_bits(size: u64) -> u32 {
    let bits = u64::BITS - size.saturating_sub(1).leading_zeros();
    bits.div_ceil(2).max(1)
}

fn permute(seed: &Digest, half_bits: u32, value: u64) -> u64 {
    let mask = (1u64 << half_bits) - 1;
    let (mut left, mut right) = (value >> half_bits, value & mask);
    for round in 0..ROUNDS {
        let mixed = left ^ (round_value(seed, round, right) & mask);
        (left, right) = (right, mixed);
    }
    (left << half_bits) | right
}

fn round_value(seed: &Digest, round: u8, half: u64) -> u64 {
    let hash = tagged(
        "sluice/draw-round/v1",
        &[seed, &[round], &half.to_be_bytes()],
    );
    let mut low = [0; 8];
    low.copy_from_slice(&hash[..8]);
    u64::from_be_bytes(low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn every_number_gets_a_rank_of_its_own(seed: [u8; 32], size in 1u64..700) {
            let mut ranks: Vec<u64> = (0..size).map(|n| rank_of(&seed, size, TicketNumber(n)).0).collect();
            ranks.sort_unstable();
            prop_assert_eq!(ranks, (0..size).collect::<Vec<_>>());
        }

        #[test]
        fn late_arrivals_stand_behind_in_order(seed: [u8; 32], size in 0u64..1000, late in 0u64..1000) {
            prop_assert_eq!(rank_of(&seed, size, TicketNumber(size + late)), Rank(size + late));
        }
    }

    fn seeds(count: u64) -> impl Iterator<Item = Digest> {
        (0..count).map(|i| sha256(&i.to_be_bytes()))
    }

    /// Spearman's coefficient of two permutations of `0..n` (Spearman, 1904): 1 - 6 Σd² / (n³ - n).
    fn spearman(ranks: &[u64]) -> f64 {
        let n = ranks.len() as f64;
        let apart = |(number, rank): (usize, &u64)| (number as f64 - *rank as f64).powi(2);
        1.0 - 6.0 * ranks.iter().enumerate().map(apart).sum::<f64>() / (n * n * n - n)
    }

    /// Pearson's statistic for counts that should all be equal.
    fn chi_squared(counts: &[u32]) -> f64 {
        let expected = f64::from(counts.iter().sum::<u32>()) / counts.len() as f64;
        let term = |count: &u32| (f64::from(*count) - expected).powi(2) / expected;
        counts.iter().map(term).sum()
    }

    #[test]
    fn when_one_came_tells_nothing_of_where_one_stands() {
        const CROWD: u64 = 100_000;
        for seed in seeds(2) {
            let ranks: Vec<u64> = (0..CROWD)
                .map(|n| rank_of(&seed, CROWD, TicketNumber(n)).0)
                .collect();
            // One standard deviation is 0.003 at this size.
            let correlation = spearman(&ranks);
            assert!(correlation.abs() < 0.01, "{correlation}");
            // The first percent to come does not fill the first percent of the line either.
            let early_and_first = ranks[..1000].iter().filter(|rank| **rank < 1000).count();
            assert!((1..30).contains(&early_and_first), "{early_and_first}");
        }
    }

    #[test]
    fn every_place_is_as_likely_for_everyone() {
        // An odd size, so that cycle walking is part of it. 22 degrees of freedom: 48.3 is exceeded once
        // in a thousand.
        const CROWD: u64 = 23;
        let mut of_number = vec![vec![0u32; CROWD as usize]; CROWD as usize];
        for seed in seeds(4600) {
            for (number, counts) in of_number.iter_mut().enumerate() {
                counts[rank_of(&seed, CROWD, TicketNumber(number as u64)).0 as usize] += 1;
            }
        }
        for (number, counts) in of_number.iter().enumerate() {
            let found = chi_squared(counts);
            assert!(found < 48.3, "number {number}: {found} of {counts:?}");
        }
    }

    #[test]
    fn the_published_test_vectors_hold() {
        let secret = [1; 32];
        assert_eq!(
            crate::digest::to_hex(&commitment(&secret)),
            "72cd6e8422c407fb6d098690f1130b7ded7ec2f7f5e1d30bd9d521f015363793"
        );
        let seed = seed(&secret, &[2; 32], 10, b"");
        let ranks: Vec<u64> = (0..10)
            .map(|n| rank_of(&seed, 10, TicketNumber(n)).0)
            .collect();
        assert_eq!(
            (crate::digest::to_hex(&seed).as_str(), ranks),
            (
                "229437b5e27cb423ba5ef23aa6e8db743783e0b5d65594a4602af33b79d2ab18",
                vec![9, 0, 4, 2, 3, 5, 6, 7, 1, 8],
            ),
        );
    }
}
