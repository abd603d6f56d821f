//! The kernel finds what the reference finds, and so does everything that reads `vectors.json`.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

use proptest::prelude::*;
use protocol::proof;
use serde::{Deserialize, Serialize};
use solver::kernel;
use solver::word::OneMore;

/// One round to solve. The browser's tests read the same file.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Vector {
    /// 64 hexadecimal digits.
    seed: String,
    round: u32,
    difficulty: u8,
    /// The smallest nonce that solves it.
    nonce: u64,
}

const VECTORS: &str = include_str!("../vectors.json");

fn words(seed: &[u8; 32]) -> [u32; 8] {
    std::array::from_fn(|i| u32::from_be_bytes(seed[4 * i..4 * i + 4].try_into().unwrap()))
}

fn reference(seed: &[u8; 32], round: u32, difficulty: u8, from: u64, count: u32) -> Option<u32> {
    let found = proof::solve_round(seed, round, difficulty, from..from + u64::from(count))?;
    Some((found - from) as u32)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn the_kernel_finds_the_smallest_nonce_of_the_reference(seed: [u8; 32], round: u32, difficulty in 0u8..12, from in 0u64..1 << 63, count in 0u32..3000) {
        let found = kernel::find::<u32>(&words(&seed), round, difficulty.into(), from, count);
        prop_assert_eq!(found, reference(&seed, round, difficulty, from, count));
        let found = kernel::find::<OneMore<u32>>(&words(&seed), round, difficulty.into(), from, count);
        prop_assert_eq!(found, reference(&seed, round, difficulty, from, count));
    }

    #[test]
    fn where_the_upper_half_of_the_nonce_changes_nothing_is_passed_over(seed: [u8; 32], high in 0u64..1 << 31, before in 0u64..300, count in 0u32..600, difficulty in 0u8..9) {
        let from = ((high + 1) << 32) - before;
        let found = kernel::find::<u32>(&words(&seed), 3, difficulty.into(), from, count);
        prop_assert_eq!(found, reference(&seed, 3, difficulty, from, count));
        let found = kernel::find::<OneMore<OneMore<u32>>>(&words(&seed), 3, difficulty.into(), from, count);
        prop_assert_eq!(found, reference(&seed, 3, difficulty, from, count));
    }
}

#[test]
fn the_vectors_are_the_answers_of_reference_and_kernel() {
    let vectors: Vec<Vector> = serde_json::from_str(VECTORS).unwrap();
    assert!(vectors.len() >= 40);
    for vector in vectors {
        let seed: [u8; 32] = hex::decode(&vector.seed).unwrap().try_into().unwrap();
        let (round, difficulty) = (vector.round, vector.difficulty);
        let nonce = proof::solve_round(&seed, round, difficulty, 0..u64::MAX);
        assert_eq!(nonce, Some(vector.nonce), "{vector:?}");
        let found = kernel::find::<u32>(&words(&seed), round, difficulty.into(), 0, u32::MAX);
        assert_eq!(found.map(u64::from), Some(vector.nonce), "{vector:?}");
    }
}

#[test]
#[ignore = "writes vectors.json anew"]
fn generate() {
    let seeds = [[0; 32], [255; 32], std::array::from_fn(|i| i as u8)]
        .into_iter()
        .chain((0u8..5).map(|i| protocol::digest::sha256(&[i])));
    let mut vectors = Vec::new();
    for seed in seeds {
        for (round, difficulty) in [(0, 0), (1, 1), (2, 7), (15, 10), (63, 14), (u32::MAX, 17)] {
            let nonce = proof::solve_round(&seed, round, difficulty, 0..u64::MAX).unwrap();
            let seed = hex::encode(seed);
            vectors.push(Vector {
                seed,
                round,
                difficulty,
                nonce,
            });
        }
    }
    let lines: Vec<_> = vectors
        .iter()
        .map(|v| serde_json::to_string(v).unwrap())
        .collect();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors.json");
    std::fs::write(file, format!("[\n{}\n]\n", lines.join(",\n"))).unwrap();
}
