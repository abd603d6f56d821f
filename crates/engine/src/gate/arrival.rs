//! Checking what comes back: shape, seal, sale, device and time, and only then the hashes.

use super::captcha::seal::is_solved;
use super::device::device;
use super::network;
use crate::redis::BatchedJoin;
use crate::{Engine, Error};
use protocol::challenge::Challenge;
use protocol::digest::tagged;
use protocol::ticket::Shopper;
use protocol::wire::{BrowserKey, JoinRequest};
use protocol::{SaleId, dpop, proof};
use std::net::IpAddr;

/// A join that has proven itself, and what was noticed about it. What was noticed refuses nobody by itself.
#[derive(Clone, Debug)]
#[must_use]
pub struct Arrival {
    /// For the batch.
    pub join: BatchedJoin,
    /// Where it comes from.
    pub network: Network,
}

/// Where a join comes from, compared with where its challenge went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// The same network.
    Same,
    /// Another one: a phone went from Wi-Fi to 4G, or a solved puzzle was carried elsewhere.
    Moved,
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
        if challenge.captcha {
            let seal = request.captcha.as_deref().ok_or(Error::CaptchaRequired)?;
            if !is_solved(&self.keys, &challenge_id, seal) {
                return Err(Error::CaptchaRequired);
            }
        }
        let join = BatchedJoin {
            shopper: shopper(request.key.as_ref(), &challenge_id)?,
            challenge: challenge_id,
            expires_at: challenge.expires_at,
            epoch: challenge.epoch,
            leaf: protocol::transcript::leaf(&request.challenge),
        };
        let network = match challenge.network == network::short_hash(from) {
            true => Network::Same,
            false => Network::Moved,
        };
        Ok(Arrival { join, network })
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
