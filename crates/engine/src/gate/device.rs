//! What a browser tells of itself: a hash of a few signals, and what looks like automation.
//!
//! The hash is weak evidence. Identical phones exist in their thousands, so nobody is asked for more because theirs is
//! common: what counts is how many of one kind come from one network ([`super::crowd`]), and even that weighs less than
//! the clear band is wide. Whoever gives no signals is told apart from nobody, and asked for more of everything else.

use crate::Error;
use protocol::SaleId;
use protocol::digest::{Digest, from_hex, tagged};

/// What stands for the device of a shopper who gives no signals: the same for all of them.
pub(super) fn nobodys() -> Digest {
    tagged("sluice/no-signals/v1", &[])
}

/// The hash of a device's signals; an empty text is a shopper who gives none.
pub(super) fn device(text: &str) -> Result<Digest, Error> {
    if text.is_empty() {
        return Ok(nobodys());
    }
    from_hex(text).ok_or(Error::Unprocessable("device is 64 hexadecimal digits"))
}

/// A shopper, as far as device and network tell, under a key of the sale. The only trace of a device that is kept
/// anywhere: it says nothing in another sale, and nothing to anybody without the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Who(pub [u8; 8]);

impl Who {
    /// Of this device in this network. `key` is the edge's, derived from its secret.
    pub(super) fn of(key: &[u8; 32], sale: &SaleId, device: &Digest, network: &[u8; 8]) -> Self {
        let hash = tagged(
            "sluice/who/v1",
            &[key, sale.as_str().as_bytes(), device, network],
        );
        let mut short = [0; 8];
        short.copy_from_slice(&hash[..8]);
        Self(short)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_somebody_is_holds_in_one_sale_one_network_and_under_one_key() {
        let sale = |name: &str| SaleId::parse(name).unwrap();
        let who = Who::of(&[1; 32], &sale("a"), &[2; 32], &[3; 8]);
        assert_eq!(who, Who::of(&[1; 32], &sale("a"), &[2; 32], &[3; 8]));
        assert_ne!(who, Who::of(&[9; 32], &sale("a"), &[2; 32], &[3; 8]));
        assert_ne!(who, Who::of(&[1; 32], &sale("b"), &[2; 32], &[3; 8]));
        assert_ne!(who, Who::of(&[1; 32], &sale("a"), &[9; 32], &[3; 8]));
        assert_ne!(who, Who::of(&[1; 32], &sale("a"), &[2; 32], &[9; 8]));
    }

    #[test]
    fn a_text_that_is_no_hash_is_no_device_and_none_is_nobodys() {
        assert_eq!(device("").unwrap(), nobodys());
        assert_eq!(device(&"ab".repeat(32)).unwrap(), [0xab; 32]);
        for wrong in ["ab", &"zz".repeat(32), &"ab".repeat(33)] {
            assert!(device(wrong).is_err(), "{wrong}");
        }
    }
}
