//! The challenge: a puzzle that is stateless for the edge and single-use for the shopper.
//!
//! The edge seals the puzzle with what it is bound to and forgets it. The join carries it back; the
//! edge checks seal, time, sale, device and network without I/O, then the proof, and the join batch
//! spends its [`Challenge::id`] in Redis, atomically, so that it counts once.

use crate::codec::{Fields, Keyring, TokenError};
use crate::digest::{Digest, tagged};
use crate::ids::SaleId;

const DOMAIN: &str = "sluice/challenge/v2";

/// A puzzle and everything it is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The sale it lets join.
    pub sale: SaleId,
    /// The life of the sale's state in which it was issued. In a later one nobody remembers whether it was used.
    pub epoch: u64,
    /// 256 random bits, used whole in every round of the work.
    pub seed: [u8; 32],
    /// How many rounds the proof has, 1 to 64.
    pub rounds: u8,
    /// Leading zero bits each round needs, 0 to 32.
    pub difficulty: u8,
    /// Hash of the device signals it was issued to; must be sent again with the proof.
    pub device: Digest,
    /// Hash of the network prefix it was issued to. Soft: a phone may change from Wi-Fi to 4G.
    pub network: [u8; 8],
    /// Not valid earlier, Unix milliseconds.
    pub not_before: u64,
    /// Not valid from here on, Unix milliseconds. At most 120 s after issue.
    pub expires_at: u64,
}

/// Why a genuine challenge does not fit the join it came with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// Sealed for another sale.
    #[error("the challenge belongs to another sale")]
    Sale,
    /// Issued to another device.
    #[error("the challenge was issued to another device")]
    Device,
    /// Used before its time.
    #[error("the challenge is not valid yet")]
    Early,
    /// Used after its time.
    #[error("the challenge has expired")]
    Expired,
    /// Issued before the sale's state was restored; ask for a new one.
    #[error("the challenge is of before the sale was restored; ask for a new one")]
    Stale,
}

impl Challenge {
    /// The challenge as a token.
    pub fn seal(&self, keys: &Keyring) -> String {
        let fields = Fields::new()
            .bytes(self.sale.as_str().as_bytes())
            .number(self.epoch)
            .bytes(&self.seed)
            .bytes(&[self.rounds, self.difficulty])
            .bytes(&self.device)
            .bytes(&self.network)
            .number(self.not_before)
            .number(self.expires_at);
        keys.seal(DOMAIN, &fields)
    }

    /// Reads a challenge back; an error for anything that this ring did not seal.
    pub fn open(keys: &Keyring, token: &str) -> Result<Self, TokenError> {
        keys.open(DOMAIN, token, |r| {
            let sale = r.text()?;
            let epoch = r.number()?;
            let seed = r.array()?;
            let [rounds, difficulty] = r.array()?;
            Some(Self {
                sale,
                epoch,
                seed,
                rounds,
                difficulty,
                device: r.array()?,
                network: r.array()?,
                not_before: r.number()?,
                expires_at: r.number()?,
            })
        })
    }

    /// Does it fit this sale, this device and this moment (`now` in Unix milliseconds)?
    pub fn fits(&self, sale: &SaleId, device: &Digest, now: u64) -> Result<(), Mismatch> {
        use subtle::ConstantTimeEq as _;
        if self.sale != *sale {
            Err(Mismatch::Sale)
        } else if !bool::from(self.device.ct_eq(device)) {
            Err(Mismatch::Device)
        } else if now < self.not_before {
            Err(Mismatch::Early)
        } else if now >= self.expires_at {
            Err(Mismatch::Expired)
        } else {
            Ok(())
        }
    }

    /// What is spent when the challenge is used.
    pub fn id(&self) -> [u8; 16] {
        let hash = tagged("sluice/challenge-id/v1", &[&self.seed]);
        let mut id = [0; 16];
        id.copy_from_slice(&hash[..16]);
        id
    }
}
