//! The join transcript: what the lobby was, fixed before the seed could be known.
//!
//! Every batch of joins appends one entry, the SHA-256 over its leaves; the transcript's digest is the
//! root of a Merkle tree over the entries (the tree of RFC 9162, section 2.1: leaves and nodes are
//! hashed under different prefixes, a lone node moves up unchanged).

use crate::digest::{Digest, sha256, tagged};
use crate::ticket::Shopper;

/// One join's leaf: who joined with which challenge.
pub fn leaf(shopper: &Shopper, challenge: &[u8; 16]) -> Digest {
    tagged("sluice/join-leaf/v1", &[shopper, challenge])
}

/// One batch's entry, over its leaves in the order they were submitted.
pub fn entry(leaves: &[Digest]) -> Digest {
    let parts: Vec<&[u8]> = leaves.iter().map(<[u8; 32]>::as_slice).collect();
    tagged("sluice/join-entry/v1", &parts)
}

/// The root over all entries; of no entries, the hash of nothing (RFC 9162).
pub fn root(entries: &[Digest]) -> Digest {
    let mut level: Vec<Digest> = entries.iter().map(|e| hash_with_prefix(0, &[e])).collect();
    if level.is_empty() {
        return sha256(b"");
    }
    while level.len() > 1 {
        level = level
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => hash_with_prefix(1, &[left, right]),
                lone => lone[0],
            })
            .collect();
    }
    level[0]
}

fn hash_with_prefix(prefix: u8, parts: &[&Digest]) -> Digest {
    let mut bytes = vec![prefix];
    for part in parts {
        bytes.extend_from_slice(part.as_slice());
    }
    sha256(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_tree_is_that_of_rfc_9162() {
        let (a, b, c) = ([1; 32], [2; 32], [3; 32]);
        let l = |x: &Digest| hash_with_prefix(0, &[x]);
        let ab = hash_with_prefix(1, &[&l(&a), &l(&b)]);
        assert_eq!(root(&[a, b, c]), hash_with_prefix(1, &[&ab, &l(&c)]));
    }

    proptest! {
        #[test]
        fn any_changed_entry_changes_the_root(mut entries in prop::collection::vec(any::<[u8; 32]>(), 1..40), at: prop::sample::Index, byte in 0usize..32) {
            let before = root(&entries);
            let at = at.index(entries.len());
            entries[at][byte] ^= 1;
            prop_assert_ne!(before, root(&entries));
        }
    }
}
