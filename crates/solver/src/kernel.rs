//! SHA-256 (FIPS 180-4) of one message only: `seed(32) ‖ round(u32 LE) ‖ nonce(u64 LE)`, one block, of which
//! nothing but the first word of the hash is asked for.
//!
//! Of the sixteen words of the block only w9, the lower half of the nonce, changes from one hash to the next. So
//! nine of the 64 rounds are done once for all of them ([`Fixed`]), of the tenth all but adding w9, and of the message
//! schedule what the other words make; the rest is written out below, each word by what in it still changes. What a
//! round adds is the standard's; σ and Σ are its names.
//!
//! Two things are written for the compilers: the constants are read from memory, where V8 would build each anew with
//! three instructions; and the hash is cut in pieces (`round!`), one for each round, because V8 lays what is one piece as
//! it likes: all of the message schedule in front of the rounds, all of the vectors in front of the numbers beside them,
//! and neither has enough to do alone. Numbers alone are best cut every eight rounds.

use crate::word::Word;
use std::hint::black_box;

/// What is the same for all nonces with the same upper half.
struct Fixed {
    /// The state after ten rounds but for w9, which the last of them adds to the first and the fifth word.
    state: [u32; 8],
    /// The words, w9 left out; from w16 on without what depends on w9.
    words: [u32; 38],
    /// The constants of the rounds.
    constants: [u32; 64],
    /// The bits of the first word of the hash that have to be zero.
    mask: u32,
}

/// The smallest of `count` nonces from `from` on that solves the round, as its distance from `from`.
///
/// `seed` is read as eight big-endian words; `difficulty` is 0 to 32 leading zero bits.
pub fn find<W: Word>(
    seed: &[u32; 8],
    round: u32,
    difficulty: u32,
    from: u64,
    count: u32,
) -> Option<u32> {
    let mut done = 0;
    while done < count {
        let (high, low) = halves(from.wrapping_add(u64::from(done)));
        // Up to where the upper half changes.
        let rest = (count - done).min((u32::MAX - low).saturating_add(1));
        let fixed = Fixed::new(seed, round, difficulty, high);
        if let Some(at) = search::<W>(&fixed, low, rest) {
            return Some(done + at);
        }
        done += rest;
    }
    None
}

fn halves(nonce: u64) -> (u32, u32) {
    ((nonce >> 32) as u32, nonce as u32)
}

/// Apart from [`Fixed::new`], or the constants would be known here and no longer be read.
#[inline(never)]
fn search<W: Word>(fixed: &Fixed, low: u32, count: u32) -> Option<u32> {
    let mut done = 0;
    while done < count {
        let word = W::counting(low.wrapping_add(done)).swap_bytes();
        let good = first_word(fixed, word, black_box(0))
            .and(W::all(fixed.mask))
            .zeros();
        if good != 0 {
            let at = done + good.trailing_zeros();
            // The last lanes may lie beyond the range.
            return (at < count).then_some(at);
        }
        done = done.saturating_add(W::LANES);
    }
    None
}

impl Fixed {
    fn new(seed: &[u32; 8], round: u32, difficulty: u32, high: u32) -> Self {
        let mut w = [0; 38];
        w[..8].copy_from_slice(seed);
        w[8] = round.swap_bytes();
        w[10] = high.swap_bytes();
        w[11] = 1 << 31;
        w[15] = 44 * 8;
        // A term that depends on w9 is left out here, and added in `first_word`.
        let changes = |i: usize| i == 9 || (i >= 16 && !matches!(i, 17 | 19 | 21));
        for i in 16..38 {
            let terms = [
                (i - 2, small_1(w[i - 2])),
                (i - 7, w[i - 7]),
                (i - 15, small_0(w[i - 15])),
                (i - 16, w[i - 16]),
            ];
            w[i] = terms
                .iter()
                .filter(|(of, _)| !changes(*of))
                .fold(0, |sum, (_, term)| sum.wrapping_add(*term));
        }
        let mut state = START;
        for i in 0..10 {
            state = step(state, K[i].wrapping_add(w[i]));
        }
        Self {
            state,
            words: w,
            constants: K,
            mask: u32::MAX.checked_shl(32 - difficulty.min(32)).unwrap_or(0),
        }
    }

    /// A word without what depends on w9.
    #[inline(always)]
    fn word<W: Word>(&self, i: usize) -> W {
        W::all(self.words[i])
    }

    /// A word that does not depend on w9, with the constant of its round.
    #[inline(always)]
    fn known<W: Word>(&self, i: usize) -> W {
        W::all(self.words[i].wrapping_add(K[i]))
    }
}

/// The first word of the hash, by w9. `never` is 0.
#[inline(always)]
fn first_word<W: Word>(fixed: &Fixed, w9: W, never: u32) -> W {
    let word = |i| fixed.word::<W>(i);
    let known = |i| fixed.known::<W>(i);
    let add = |i: usize, w: W| w.plus(W::all(fixed.constants[i]));

    let [a, b, c, d, e, f, g, h] = fixed.state.map(W::all);
    let mut s = [a.plus(w9), b, c, d, e.plus(w9), f, g, h];
    // No compiler knows that `never` is 0, and nothing is moved over a branch that may be taken.
    macro_rules! round {
        ($i:expr, $kw:expr) => {
            s = step(s, $kw);
            if (W::LANES > 1 || $i % 8 == 0) && never == $i {
                return s[0];
            }
        };
    }

    round!(10, known(10));
    round!(11, known(11));
    round!(12, known(12));
    round!(13, known(13));
    round!(14, known(14));
    round!(15, known(15));
    let w16 = word(16).plus(w9);
    round!(16, add(16, w16));
    round!(17, known(17));
    let w18 = word(18).plus(small_1(w16));
    round!(18, add(18, w18));
    round!(19, known(19));
    let w20 = word(20).plus(small_1(w18));
    round!(20, add(20, w20));
    round!(21, known(21));
    let w22 = word(22).plus(small_1(w20));
    round!(22, add(22, w22));
    let w23 = word(23).plus(w16);
    round!(23, add(23, w23));
    let w24 = word(24).plus(small_0(w9)).plus(small_1(w22));
    round!(24, add(24, w24));
    let w25 = word(25).plus(w9).plus(w18).plus(small_1(w23));
    round!(25, add(25, w25));
    let w26 = word(26).plus(small_1(w24));
    round!(26, add(26, w26));
    let w27 = word(27).plus(w20).plus(small_1(w25));
    round!(27, add(27, w27));
    let w28 = word(28).plus(small_1(w26));
    round!(28, add(28, w28));
    let w29 = word(29).plus(w22).plus(small_1(w27));
    round!(29, add(29, w29));
    let w30 = word(30).plus(w23).plus(small_1(w28));
    round!(30, add(30, w30));
    let w31 = word(31).plus(small_0(w16)).plus(w24).plus(small_1(w29));
    round!(31, add(31, w31));
    let w32 = word(32).plus(w16).plus(w25).plus(small_1(w30));
    round!(32, add(32, w32));
    let w33 = word(33).plus(small_0(w18)).plus(w26).plus(small_1(w31));
    round!(33, add(33, w33));
    let w34 = word(34).plus(w18).plus(w27).plus(small_1(w32));
    round!(34, add(34, w34));
    let w35 = word(35).plus(small_0(w20)).plus(w28).plus(small_1(w33));
    round!(35, add(35, w35));
    let w36 = word(36).plus(w20).plus(w29).plus(small_1(w34));
    round!(36, add(36, w36));
    let w37 = word(37).plus(small_0(w22)).plus(w30).plus(small_1(w35));
    round!(37, add(37, w37));

    // From here on every word changes. The place of word i is i modulo 16.
    let mut w = [
        w32, w33, w34, w35, w36, w37, w22, w23, w24, w25, w26, w27, w28, w29, w30, w31,
    ];
    macro_rules! steps {
        ($($i:literal)*) => {$(
            w[$i % 16] = w[$i % 16]
                .plus(small_0(w[($i + 1) % 16]))
                .plus(w[($i + 9) % 16])
                .plus(small_1(w[($i + 14) % 16]));
            round!($i, add($i, w[$i % 16]));
        )*};
    }
    steps!(38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63);
    s[0].plus(W::all(START[0]))
}

/// One round; `kw` is the sum of its constant and its word.
#[inline(always)]
fn step<W: Word>([a, b, c, d, e, f, g, h]: [W; 8], kw: W) -> [W; 8] {
    let choice = f.where_set(g, e);
    let first = h.plus(kw).plus(choice).plus(e.big_sigma::<6, 11, 25>());
    // b ^ c is the a ^ b of the round before: the compiler sees it.
    let majority = a.xor(b).and(b.xor(c)).xor(b);
    let second = a.big_sigma::<2, 13, 22>().plus(majority);
    [first.plus(second), a, b, c, d.plus(first), e, f, g]
}

#[inline(always)]
fn small_0<W: Word>(w: W) -> W {
    w.small_sigma::<7, 18, 3>()
}

#[inline(always)]
fn small_1<W: Word>(w: W) -> W {
    w.small_sigma::<17, 19, 10>()
}

/// The state that a hash begins with (FIPS 180-4, section 5.3.3).
const START: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// The constants of the rounds (FIPS 180-4, section 4.2.2).
#[rustfmt::skip]
const K: [u32; 64] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
];
