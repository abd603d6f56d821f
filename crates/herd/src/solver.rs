//! Proofs of work for the whole crowd, on few threads.
//!
//! The crowd has 100,000 phones, this machine has a few cores: at most `threads` proofs are solved at
//! once, and challenges are asked for no faster than they are solved, so that none expires in a queue.

use crate::ask::Refusal;
use crate::clock::unix_ms;
use crate::shop::Shop;
use protocol::digest::from_hex;
use protocol::proof;
use protocol::wire::{ChallengeAnswer, JoinRequest};
use tokio::sync::Semaphore;

/// Challenges that may be on their way for each solving thread.
const AHEAD: usize = 8;
/// Work of so many hashes is done on the spot: handing it to a thread would cost more.
const AT_ONCE: f64 = 1024.0;

/// A solved challenge, ready to join with.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The join.
    pub request: JoinRequest,
    /// Unix milliseconds; join before.
    pub expires_at: u64,
}

impl Proof {
    /// Is there time left to join with it?
    pub fn is_fresh(&self) -> bool {
        unix_ms() + 1000 < self.expires_at
    }
}

/// A bounded number of solving threads.
#[derive(Debug)]
pub struct Solver {
    threads: Semaphore,
    asking: Semaphore,
}

impl Solver {
    /// At most this many proofs at once.
    pub fn new(threads: u32) -> Self {
        let threads = threads.max(1) as usize;
        Self {
            threads: Semaphore::new(threads),
            asking: Semaphore::new(threads * AHEAD),
        }
    }

    /// Asks for a challenge and solves it.
    pub async fn prove(&self, shop: &Shop, device: &str) -> Result<Proof, Refusal> {
        let _asking = self.asking.acquire().await.ok();
        let challenge = shop.challenge(device).await?;
        let nonces = self
            .solve(&challenge)
            .await
            .map_err(|why| Refusal::noticed("unsolvable", format!("{why}: {challenge:?}")))?;
        Ok(Proof {
            expires_at: challenge.expires_at,
            request: JoinRequest {
                challenge: challenge.challenge,
                nonces,
                device: device.to_owned(),
                key: None,
                captcha: None,
            },
        })
    }

    /// Solves a challenge.
    pub async fn solve(&self, challenge: &ChallengeAnswer) -> Result<Vec<u64>, &'static str> {
        let seed: [u8; 32] = from_hex(&challenge.seed).ok_or("the seed is not 32 bytes in hex")?;
        let (rounds, difficulty) = (challenge.rounds, challenge.difficulty);
        if rounds > proof::MAX_ROUNDS || difficulty > 32 {
            return Err("the work asked for is beyond reason");
        }
        if f64::from(rounds) * f64::from(difficulty).exp2() <= AT_ONCE {
            return Ok(proof::solve(&seed, rounds, difficulty));
        }
        let _thread = self.threads.acquire().await.ok();
        tokio::task::spawn_blocking(move || proof::solve(&seed, rounds, difficulty))
            .await
            .map_err(|_| "the solver broke")
    }
}
