//! The join transcript: what the lobby was, fixed before the seed could be known.
//!
//! Every join is a [`leaf`]. A batch of joins is one [`Entry`]: the numbers it gave out and the root of
//! the tree over its leaves. The transcript's digest is the root of the tree over all entries. Both are
//! the tree of RFC 9162, section 2.1: leaves and nodes are hashed under different prefixes, and the left
//! side of a node is always full, so a few hashes prove that a leaf belongs to a root.

use crate::digest::{Digest, sha256, tagged};
use crate::ids::TicketNumber;
use std::ops::Range;

/// One join's leaf: the challenge it spent, as it was sent. Whoever solved it can compute this.
pub fn leaf(challenge: &str) -> Digest {
    tagged("sluice/join-leaf/v2", &[challenge.as_bytes()])
}

/// One batch of joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The first number that this batch gave out.
    pub first: u64,
    /// How many numbers it gave out, in order.
    pub count: u32,
    /// The root over the leaves of everyone in the batch, in the order they were submitted.
    pub root: Digest,
}

impl Entry {
    /// Bytes of an entry: first (u64) and count (u32), big-endian, then the root.
    pub const LENGTH: usize = 44;

    /// Void entries for these numbers: nobody can show a join for them. The root is that of no leaves, which a
    /// batch of joins cannot have. None for an empty range.
    pub fn void(numbers: Range<u64>) -> impl Iterator<Item = Self> {
        let Range { mut start, end } = numbers;
        std::iter::from_fn(move || {
            let count = u32::try_from(end.saturating_sub(start)).unwrap_or(u32::MAX);
            let first = start;
            start += u64::from(count);
            (count > 0).then(|| Self {
                first,
                count,
                root: root(&[]),
            })
        })
    }

    /// Does it only say that these numbers were lost?
    pub fn is_void(&self) -> bool {
        self.root == root(&[])
    }

    /// Reads an entry; `None` for any other length.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (first, rest) = bytes.split_first_chunk()?;
        let (count, rest) = rest.split_first_chunk()?;
        Some(Self {
            first: u64::from_be_bytes(*first),
            count: u32::from_be_bytes(*count),
            root: rest.try_into().ok()?,
        })
    }

    /// The entry as bytes.
    pub fn bytes(&self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        bytes[..8].copy_from_slice(&self.first.to_be_bytes());
        bytes[8..12].copy_from_slice(&self.count.to_be_bytes());
        bytes[12..].copy_from_slice(&self.root);
        bytes
    }

    /// The numbers it gave out.
    pub fn numbers(&self) -> Range<u64> {
        self.first..self.first.saturating_add(self.count.into())
    }

    /// Its leaf in the tree over all entries.
    pub fn hash(&self) -> Digest {
        tagged("sluice/transcript-entry/v1", &[&self.bytes()])
    }

    /// Does `path` lead from this challenge, the `index`-th of `size` in its batch, to this entry, and did
    /// the entry give out this number?
    pub fn includes(&self, number: TicketNumber, challenge: &str, place: &Inclusion) -> bool {
        self.numbers().contains(&number.0)
            && climb(&leaf(challenge), place.index, place.size, &place.path) == Some(self.root)
    }
}

/// Where a join stands in its batch, and the hashes that lead from it to the batch's root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inclusion {
    /// Place in the batch, from 0.
    pub index: usize,
    /// Joins in the batch.
    pub size: usize,
    /// The neighbours on the way up, lowest first.
    pub path: Vec<Digest>,
}

/// The digest of the whole transcript.
pub fn digest(entries: &[Entry]) -> Digest {
    root(&entries.iter().map(Entry::hash).collect::<Vec<_>>())
}

/// The root over leaves; of none, the hash of nothing (RFC 9162).
pub fn root(leaves: &[Digest]) -> Digest {
    Tree::over(leaves.iter().copied()).root()
}

/// The tree over the leaves of a batch, from which everyone in it gets their way up: 64 bytes a leaf.
#[derive(Clone, Debug)]
pub struct Tree {
    /// The hashes of the leaves first, the root last.
    levels: Vec<Vec<Digest>>,
}

impl Tree {
    /// Over these leaves.
    pub fn over(leaves: impl Iterator<Item = Digest>) -> Self {
        let mut levels = vec![leaves.map(|leaf| lowest(&leaf)).collect::<Vec<_>>()];
        while let Some(level) = levels.last().filter(|level| level.len() > 1) {
            levels.push(above(level));
        }
        Self { levels }
    }

    /// The same as [`root`].
    pub fn root(&self) -> Digest {
        let top = self.levels.last().and_then(|level| level.first());
        top.copied().unwrap_or_else(|| sha256(b""))
    }

    /// Where the `index`-th leaf stands; of an index that the tree does not have, a way that leads nowhere.
    pub fn inclusion(&self, index: usize) -> Inclusion {
        let beside =
            |(height, level): (usize, &Vec<Digest>)| level.get((index >> height) ^ 1).copied();
        let mut path = Vec::with_capacity(self.levels.len());
        // Nothing is beside the root.
        path.extend(self.levels.iter().enumerate().filter_map(beside));
        Inclusion {
            index,
            size: self.levels.first().map_or(0, Vec::len),
            path,
        }
    }
}

/// The root that a path leads to; `None` when the path does not fit the tree.
fn climb(leaf: &Digest, index: usize, size: usize, path: &[Digest]) -> Option<Digest> {
    if index >= size {
        return None;
    }
    let (mut at, mut width, mut path) = (index, size, path.iter());
    let mut hash = lowest(leaf);
    while width > 1 {
        if at % 2 == 1 {
            hash = node(path.next()?, &hash);
        } else if at + 1 < width {
            hash = node(&hash, path.next()?);
        }
        at /= 2;
        width = width.div_ceil(2);
    }
    path.next().is_none().then_some(hash)
}

fn above(level: &[Digest]) -> Vec<Digest> {
    let pairs = level.chunks(2).map(|pair| match pair {
        [left, right] => node(left, right),
        lone => lone[0],
    });
    pairs.collect()
}

fn lowest(leaf: &Digest) -> Digest {
    let mut bytes = [0; 33];
    bytes[1..].copy_from_slice(leaf);
    sha256(&bytes)
}

fn node(left: &Digest, right: &Digest) -> Digest {
    let mut bytes = [1; 65];
    bytes[1..33].copy_from_slice(left);
    bytes[33..].copy_from_slice(right);
    sha256(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_tree_is_that_of_rfc_9162() {
        let (a, b, c) = ([1; 32], [2; 32], [3; 32]);
        let ab = node(&lowest(&a), &lowest(&b));
        assert_eq!(root(&[a, b, c]), node(&ab, &lowest(&c)));
    }

    proptest! {
        #[test]
        fn any_changed_leaf_changes_the_root(mut leaves in prop::collection::vec(any::<[u8; 32]>(), 1..40), at: prop::sample::Index, byte in 0usize..32) {
            let before = root(&leaves);
            let at = at.index(leaves.len());
            leaves[at][byte] ^= 1;
            prop_assert_ne!(before, root(&leaves));
        }

        #[test]
        fn numbers_that_were_lost_are_void_and_no_batch_is(first in 0u64..1 << 40, count in 0u32..9000, leaves in prop::collection::vec(any::<[u8; 32]>(), 1..9)) {
            let void: Vec<Entry> = Entry::void(first..first + u64::from(count)).collect();
            prop_assert_eq!(void.iter().map(|entry| u64::from(entry.count)).sum::<u64>(), u64::from(count));
            prop_assert!(void.iter().all(|entry| entry.first == first && entry.is_void()));
            let batch = Entry { first, count, root: root(&leaves) };
            prop_assert!(!batch.is_void());
        }

        #[test]
        fn an_entry_reads_back(first: u64, count: u32, root: [u8; 32]) {
            let entry = Entry { first, count, root };
            prop_assert_eq!(Entry::read(&entry.bytes()), Some(entry));
            prop_assert_eq!(Entry::read(&entry.bytes()[1..]), None);
        }

        #[test]
        fn everyone_in_a_batch_can_prove_it_and_nobody_else(size in 1usize..70, at: prop::sample::Index, flip: prop::sample::Index) {
            let challenges: Vec<String> = (0..size).map(|n| format!("challenge {n}")).collect();
            let leaves: Vec<Digest> = challenges.iter().map(|c| leaf(c)).collect();
            let entry = Entry { first: 7, count: size as u32, root: root(&leaves) };
            let at = at.index(size);
            let tree = Tree::over(leaves.iter().copied());
            prop_assert_eq!(tree.root(), entry.root);
            let mut mine = tree.inclusion(at);
            let number = TicketNumber(7 + at as u64);
            prop_assert!(entry.includes(number, &challenges[at], &mine));
            prop_assert!(!entry.includes(TicketNumber(7 + size as u64), &challenges[at], &mine));
            prop_assert!(!entry.includes(number, "another challenge", &mine));
            if !mine.path.is_empty() {
                let hop = flip.index(mine.path.len());
                mine.path[hop][0] ^= 1;
                prop_assert!(!entry.includes(number, &challenges[at], &mine));
            }
        }
    }
}
