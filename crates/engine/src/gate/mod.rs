//! The gate: what an arrival has to prove before it may join. Nothing here does I/O.
//!
//! A challenge is sealed and forgotten. When it comes back with its proof, the cheapest check comes
//! first: shape, seal, sale, time and device, and only then the hashes. That it is used once is
//! decided in the join batch, atomically, in Redis. A Redis that forgot does not know any more what was used: a
//! challenge of an earlier life gives nobody a new place.
//!
//! [`key`] is what a ticket that is bound to a browser's key has to prove later.

mod key;

pub use key::{Asked, Once};

use crate::redis::BatchedJoin;
use crate::{Engine, Error};
use protocol::challenge::Challenge;
use protocol::digest::{Digest, from_hex, tagged, to_hex};
use protocol::dpop;
use protocol::ticket::Shopper;
use protocol::wire::{BrowserKey, ChallengeAnswer, ChallengeRequest, JoinRequest};
use protocol::{Phase, SaleId, proof};
use std::net::IpAddr;

impl Engine {
    /// A fresh puzzle for someone who wants to join, bound to the sale, the device and, softly, the network.
    pub fn challenge(
        &self,
        sale: &SaleId,
        request: &ChallengeRequest,
        from: IpAddr,
    ) -> Result<ChallengeAnswer, Error> {
        let room = self.room(sale)?;
        let phase = room.published().snapshot.phase;
        if matches!(phase, Phase::Scheduled | Phase::SoldOut | Phase::Closed) {
            return Err(Error::WrongPhase(phase));
        }
        let gate = &self.settings.gate;
        let now = self.world.now();
        let challenge = Challenge {
            sale: sale.clone(),
            epoch: room.epoch(),
            seed: self.world.random(),
            rounds: gate.rounds,
            difficulty: gate.difficulty,
            device: device(&request.device)?,
            network: network(from),
            not_before: now,
            expires_at: now + gate.challenge_ttl_ms,
        };
        Ok(ChallengeAnswer {
            challenge: challenge.seal(&self.keys),
            seed: to_hex(&challenge.seed),
            rounds: challenge.rounds,
            difficulty: challenge.difficulty,
            expires_at: challenge.expires_at,
        })
    }

    /// Checks a join without I/O. What it returns may be batched.
    pub(crate) fn verify(
        &self,
        sale: &SaleId,
        request: &JoinRequest,
    ) -> Result<BatchedJoin, Error> {
        let device = device(&request.device)?;
        let challenge =
            Challenge::open(&self.keys, &request.challenge).map_err(Error::Challenge)?;
        challenge.fits(sale, &device, self.world.now())?;
        if !proof::verify(
            &challenge.seed,
            challenge.rounds,
            challenge.difficulty,
            &request.nonces,
        ) {
            return Err(Error::ProofInvalid);
        }
        let challenge_id = challenge.id();
        Ok(BatchedJoin {
            shopper: shopper(request.key.as_ref(), &challenge_id)?,
            challenge: challenge_id,
            expires_at: challenge.expires_at,
            epoch: challenge.epoch,
            leaf: protocol::transcript::leaf(&request.challenge),
        })
    }
}

fn device(text: &str) -> Result<Digest, Error> {
    from_hex(text).ok_or(Error::Unprocessable("device is 64 hexadecimal digits"))
}

/// Who joins: the thumbprint of the browser's key (RFC 7638), or, without one, the challenge itself, so
/// that a retried join is still the same shopper.
fn shopper(key: Option<&BrowserKey>, challenge: &[u8; 16]) -> Result<Shopper, Error> {
    let hash = match key {
        Some(key) => {
            dpop::thumbprint(key).ok_or(Error::Unprocessable("key is a public JWK on P-256"))?
        }
        None => tagged("sluice/keyless-shopper/v1", &[challenge]),
    };
    Ok(dpop::shopper(&hash))
}

/// Hash of the network an arrival comes from: /24 of IPv4, /48 of IPv6.
fn network(from: IpAddr) -> [u8; 8] {
    let hash = match from.to_canonical() {
        IpAddr::V4(v4) => tagged("sluice/network/v1", &[&v4.octets()[..3]]),
        IpAddr::V6(v6) => tagged("sluice/network/v1", &[&v6.octets()[..6]]),
    };
    let mut short = [0; 8];
    short.copy_from_slice(&hash[..8]);
    short
}
