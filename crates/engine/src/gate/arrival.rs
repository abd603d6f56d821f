//! Checking what comes back: shape, seal, sale, device and time, and only then the hashes.

use super::captcha::seal::is_solved;
use super::device::device;
use super::score::Reasons;
use crate::redis::BatchedJoin;
use crate::{Engine, Error};
use protocol::challenge::Challenge;
use protocol::digest::tagged;
use protocol::ticket::Shopper;
use protocol::wire::{BrowserKey, JoinRequest};
use protocol::{SaleId, dpop, proof};
use std::net::IpAddr;

/// A join that has proven itself, and what was noticed on its way.
#[derive(Clone, Debug)]
#[must_use]
pub struct Arrival {
    /// For the batch.
    pub join: BatchedJoin,
    /// What only the join shows.
    pub noticed: Reasons,
}

impl Engine {
    /// Checks a join without I/O.
    pub fn verify(
        &self,
        sale: &SaleId,
        request: &JoinRequest,
        from: IpAddr,
    ) -> Result<Arrival, Error> {
        let (token, nonces) = (&request.challenge, &request.nonces);
        let challenge = self.worked(sale, token, nonces, &request.device)?;
        let challenge_id = challenge.id();
        let noticed = self.noticed_at_join(&challenge, request.key.is_some(), from);
        let captcha = request.captcha.as_deref();
        let is_sealed = captcha.is_some_and(|seal| is_solved(&self.keys, &challenge_id, seal));
        if !is_sealed && challenge.captcha {
            return Err(Error::CaptchaRequired);
        }
        if !is_sealed && self.is_doubted(sale, &challenge, noticed, from)? {
            return Err(Error::ChallengeDoubted);
        }
        let join = BatchedJoin {
            shopper: shopper(request.key.as_ref(), &challenge_id)?,
            challenge: challenge_id,
            expires_at: challenge.expires_at,
            epoch: challenge.epoch,
            leaf: protocol::transcript::leaf(&request.challenge),
        };
        Ok(Arrival { join, noticed })
    }

    /// The challenge, if it is genuine, fits, and its work is done.
    pub(super) fn worked(
        &self,
        sale: &SaleId,
        token: &str,
        nonces: &[u64],
        sent_device: &str,
    ) -> Result<Challenge, Error> {
        let device = device(sent_device)?;
        let challenge = Challenge::open(&self.keys, token).map_err(Error::Challenge)?;
        challenge.fits(sale, &device, self.world.now())?;
        let (rounds, difficulty) = (challenge.rounds, challenge.difficulty);
        match proof::verify(&challenge.seed, rounds, difficulty, nonces) {
            true => Ok(challenge),
            false => Err(Error::ProofInvalid),
        }
    }
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
