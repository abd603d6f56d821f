//! Domain-separated SHA-256: every hash says what it is for, and no two inputs share an encoding.

use sha2::{Digest as _, Sha256};

/// A SHA-256 value.
pub type Digest = [u8; 32];

/// SHA-256 (FIPS 180-4) over the domain and the parts, each preceded by its length as a u32, big-endian.
///
/// The length prefixes make the encoding injective: moving a byte from one part to the next
/// changes the hash. The domain keeps a hash made for one purpose from meaning anything in another.
pub fn tagged(domain: &str, parts: &[&[u8]]) -> Digest {
    let mut hasher = Sha256::new();
    for part in std::iter::once(domain.as_bytes()).chain(parts.iter().copied()) {
        hasher.update((part.len() as u32).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// Plain SHA-256 over the bytes as they are.
pub fn sha256(bytes: &[u8]) -> Digest {
    Sha256::digest(bytes).into()
}

/// Lower-case hexadecimal.
pub fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = vec![0; 2 * bytes.len()];
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    // Digits are ASCII.
    String::from_utf8(text).unwrap_or_default()
}

/// Reads exactly `N` bytes of hexadecimal; `None` for any other text.
pub fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(bytes)
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_byte_moved_between_parts_changes_the_hash() {
        assert_ne!(tagged("d", &[b"ab", b"c"]), tagged("d", &[b"a", b"bc"]));
        assert_ne!(tagged("d", &[b"ab"]), tagged("da", &[b"b"]));
        assert_ne!(tagged("d", &[b"", b"a"]), tagged("d", &[b"a", b""]));
    }

    #[test]
    fn what_is_not_hexadecimal_is_not_read() {
        assert_eq!(from_hex::<2>("00fF"), Some([0, 255]));
        for text in ["", "00f", "00fff", "00fg", "+0ff", "00é", "00 f"] {
            assert_eq!(from_hex::<2>(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn hex_reads_back(bytes: [u8; 32]) {
            prop_assert_eq!(from_hex::<32>(&to_hex(&bytes)), Some(bytes));
        }
    }
}
