//! Was the draw made as promised? Recomputed from published values alone, by anybody.
//!
//! What is needed: the draw part of the snapshot and the entries of the join transcript. What is found
//! out: that the secret is the one that was committed to before the lobby opened, that the transcript's
//! digest covers exactly the lobby, and that the seed follows from both. Ranks follow from the seed
//! ([`crate::draw::rank_of`]).

use crate::digest::{Digest, from_hex, sha256};
use crate::draw;
use crate::snapshot::Draw;
use crate::transcript::{self, Entry};
use thiserror::Error;

/// A draw that was found in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Tickets in the lobby.
    pub size: u64,
    /// Numbers among them that nobody can show a join for: lost when the sale had to be restored.
    pub void: u64,
    /// The seed from which all ranks follow.
    pub seed: Digest,
}

/// What is wrong with a draw.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Flaw {
    /// There is nothing to check yet.
    #[error("the draw is not made yet")]
    NotDrawn,
    /// A published value is no hexadecimal number of 32 bytes.
    #[error("the published {0} is not 64 hexadecimal digits")]
    Malformed(&'static str),
    /// The secret was chosen after the commitment was published.
    #[error("the secret is not the one that was committed to")]
    Commitment,
    /// A number was given out twice, or left out.
    #[error("the transcript does not give out number {0} exactly once")]
    Numbers(u64),
    /// Joins were added, taken out or changed after the draw.
    #[error("the transcript is not the one the seed was made from")]
    Transcript,
    /// A beacon was announced and not used, or used and not announced.
    #[error(
        "the sale announces a beacon and the draw has none of its value, or the other way round"
    )]
    Beacon,
    /// The seed is not what the values make.
    #[error("the seed does not follow from secret, transcript and size")]
    Seed,
}

/// Checks a published draw against the published transcript.
pub fn draw(published: &Draw, entries: &[Entry]) -> Result<Verified, Flaw> {
    let (Some(size), Some(_)) = (published.size, &published.seed) else {
        return Err(Flaw::NotDrawn);
    };
    let read = |name, text: &Option<String>| {
        text.as_deref()
            .and_then(from_hex)
            .ok_or(Flaw::Malformed(name))
    };
    let commitment: Digest =
        from_hex(&published.commitment).ok_or(Flaw::Malformed("commitment"))?;
    let secret: [u8; 32] = read("secret", &published.secret)?;
    let root = read("transcript", &published.transcript)?;
    let seed = read("seed", &published.seed)?;

    if sha256(&secret) != commitment {
        return Err(Flaw::Commitment);
    }
    let mut next = 0;
    for entry in entries {
        if entry.first != next {
            return Err(Flaw::Numbers(next.min(entry.first)));
        }
        next = entry.numbers().end;
    }
    if next != size {
        return Err(Flaw::Numbers(next.min(size)));
    }
    if transcript::digest(entries) != root {
        return Err(Flaw::Transcript);
    }
    let beacon: Option<Digest> = match (&published.beacon_url, &published.beacon) {
        (None, None) => None,
        (Some(_), Some(value)) => Some(from_hex(value).ok_or(Flaw::Malformed("beacon"))?),
        _ => return Err(Flaw::Beacon),
    };
    let beacon = beacon.as_ref().map_or(&[][..], |value| value);
    if draw::seed(&secret, &root, size, beacon) != seed {
        return Err(Flaw::Seed);
    }
    let void = entries.iter().filter(|entry| entry.is_void());
    Ok(Verified {
        size,
        void: void.map(|entry| u64::from(entry.count)).sum(),
        seed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::to_hex;
    use proptest::prelude::*;

    fn honest(counts: &[u32]) -> (Draw, Vec<Entry>) {
        let mut size = 0;
        let mut entries = Vec::new();
        for count in counts {
            entries.push(Entry {
                first: size,
                count: *count,
                root: sha256(&size.to_be_bytes()),
            });
            size += u64::from(*count);
        }
        (published(size, &entries), entries)
    }

    fn published(size: u64, entries: &[Entry]) -> Draw {
        let secret = [5; 32];
        let root = transcript::digest(entries);
        Draw {
            commitment: to_hex(&sha256(&secret)),
            at: 0,
            size: Some(size),
            transcript: Some(to_hex(&root)),
            secret: Some(to_hex(&secret)),
            seed: Some(to_hex(&draw::seed(&secret, &root, size, b""))),
            ..Draw::default()
        }
    }

    fn flip(text: &mut Option<String>, at: usize) {
        let mut bytes: [u8; 32] = from_hex(text.as_deref().unwrap()).unwrap();
        bytes[at % 32] ^= 1;
        *text = Some(to_hex(&bytes));
    }

    #[test]
    fn an_announced_beacon_is_part_of_the_seed() {
        let (mut published, entries) = honest(&[3, 4]);
        published.beacon_url = Some("https://beacon.example/7".to_owned());
        assert_eq!(draw(&published, &entries), Err(Flaw::Beacon));

        let (value, root) = ([9; 32], transcript::digest(&entries));
        published.beacon = Some(to_hex(&value));
        assert_eq!(draw(&published, &entries), Err(Flaw::Seed));
        let secret = from_hex(published.secret.as_deref().unwrap()).unwrap();
        published.seed = Some(to_hex(&draw::seed(&secret, &root, 7, &value)));
        assert!(draw(&published, &entries).is_ok());

        flip(&mut published.beacon, 5);
        assert_eq!(draw(&published, &entries), Err(Flaw::Seed));
        published.beacon_url = None;
        assert_eq!(draw(&published, &entries), Err(Flaw::Beacon));
    }

    proptest! {
        #[test]
        fn an_honest_draw_is_in_order(counts in prop::collection::vec(1u32..300, 0..20)) {
            let (published, entries) = honest(&counts);
            prop_assert!(draw(&published, &entries).is_ok());
        }

        #[test]
        fn lost_numbers_are_counted(counts in prop::collection::vec((1u32..300, any::<bool>()), 1..20)) {
            let (mut size, mut entries, mut lost) = (0, Vec::new(), 0);
            for (count, is_void) in counts {
                let numbers = size..size + u64::from(count);
                size = numbers.end;
                if is_void {
                    entries.extend(Entry::void(numbers));
                    lost += u64::from(count);
                } else {
                    entries.push(Entry { first: numbers.start, count, root: sha256(b"a batch") });
                }
            }
            let found = draw(&published(size, &entries), &entries).unwrap();
            prop_assert_eq!((found.size, found.void), (size, lost));
        }

        #[test]
        fn one_changed_byte_anywhere_is_found(counts in prop::collection::vec(1u32..300, 1..20), what in 0usize..5, at: prop::sample::Index) {
            let (mut published, mut entries) = honest(&counts);
            match what {
                0 => {
                    let mut commitment = Some(published.commitment.clone());
                    flip(&mut commitment, at.index(32));
                    published.commitment = commitment.unwrap();
                }
                1 => flip(&mut published.transcript, at.index(32)),
                2 => flip(&mut published.secret, at.index(32)),
                3 => flip(&mut published.seed, at.index(32)),
                _ => {
                    let which = at.index(entries.len());
                    let mut bytes = entries[which].bytes();
                    bytes[at.index(Entry::LENGTH)] ^= 1;
                    entries[which] = Entry::read(&bytes).unwrap();
                }
            }
            prop_assert!(draw(&published, &entries).is_err());
        }

        #[test]
        fn a_left_out_or_doubled_batch_is_found(counts in prop::collection::vec(1u32..300, 1..20), at: prop::sample::Index, twice: bool) {
            let (published, mut entries) = honest(&counts);
            let which = at.index(entries.len());
            if twice {
                entries.insert(which, entries[which]);
            } else {
                entries.remove(which);
            }
            prop_assert!(draw(&published, &entries).is_err());
        }
    }
}
