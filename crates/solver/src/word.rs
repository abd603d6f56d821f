//! What the kernel computes with: one 32-bit word, or the same word of several messages.

/// 32-bit words side by side, one for each of [`Word::LANES`] messages.
pub trait Word: Copy {
    /// Messages at once.
    const LANES: u32;

    /// The same word for every message.
    fn all(word: u32) -> Self;
    /// `first`, `first + 1`, … wrapping around.
    fn counting(first: u32) -> Self;
    /// The bytes of each word in reverse order.
    fn swap_bytes(self) -> Self;
    /// Sum modulo 2^32.
    fn plus(self, other: Self) -> Self;
    /// Exclusive or.
    fn xor(self, other: Self) -> Self;
    /// And.
    fn and(self, other: Self) -> Self;
    /// Bits of `self` where `choice` has ones, of `other` where it has zeros.
    fn where_set(self, other: Self, choice: Self) -> Self;
    /// Exclusive or of three rotations to the right, by `A < B < C` bits, 1 to 31.
    fn big_sigma<const A: u32, const B: u32, const C: u32>(self) -> Self;
    /// Exclusive or of two rotations to the right, by `A < B` bits, 1 to 31, and a shift to the right by `S`.
    fn small_sigma<const A: u32, const B: u32, const S: u32>(self) -> Self;
    /// One bit for each message, from the lowest: is its word zero?
    fn zeros(self) -> u32;
}

impl Word for u32 {
    const LANES: u32 = 1;

    fn all(word: u32) -> Self {
        word
    }
    fn counting(first: u32) -> Self {
        first
    }
    fn swap_bytes(self) -> Self {
        self.swap_bytes()
    }
    fn plus(self, other: Self) -> Self {
        self.wrapping_add(other)
    }
    fn xor(self, other: Self) -> Self {
        self ^ other
    }
    fn and(self, other: Self) -> Self {
        self & other
    }
    fn where_set(self, other: Self, choice: Self) -> Self {
        ((self ^ other) & choice) ^ other
    }
    // x64 rotates in place and would copy the word for each rotation: one inside the other needs a single copy.
    fn big_sigma<const A: u32, const B: u32, const C: u32>(self) -> Self {
        (self ^ (self ^ self.rotate_right(C - B)).rotate_right(B - A)).rotate_right(A)
    }
    fn small_sigma<const A: u32, const B: u32, const S: u32>(self) -> Self {
        (self ^ self.rotate_right(B - A)).rotate_right(A) ^ self >> S
    }
    fn zeros(self) -> u32 {
        u32::from(self == 0)
    }
}

/// Four messages in one SIMD register.
#[cfg(target_feature = "simd128")]
#[derive(Clone, Copy, Debug)]
pub struct Four(core::arch::wasm32::v128);

#[cfg(target_feature = "simd128")]
mod four {
    use super::{Four, Word};
    use core::arch::wasm32::{
        i8x16_shuffle, i32x4_add, i32x4_bitmask, i32x4_eq, i32x4_splat, u32x4, u32x4_shl,
        u32x4_shr, v128_and, v128_bitselect, v128_or, v128_xor,
    };

    impl Word for Four {
        const LANES: u32 = 4;

        #[inline(always)]
        fn all(word: u32) -> Self {
            Self(i32x4_splat(word as i32))
        }
        #[inline(always)]
        fn counting(first: u32) -> Self {
            Self::all(first).plus(Self(u32x4(0, 1, 2, 3)))
        }
        #[inline(always)]
        fn swap_bytes(self) -> Self {
            Self(i8x16_shuffle::<
                3,
                2,
                1,
                0,
                7,
                6,
                5,
                4,
                11,
                10,
                9,
                8,
                15,
                14,
                13,
                12,
            >(self.0, self.0))
        }
        #[inline(always)]
        fn plus(self, other: Self) -> Self {
            Self(i32x4_add(self.0, other.0))
        }
        #[inline(always)]
        fn xor(self, other: Self) -> Self {
            Self(v128_xor(self.0, other.0))
        }
        #[inline(always)]
        fn and(self, other: Self) -> Self {
            Self(v128_and(self.0, other.0))
        }
        #[inline(always)]
        fn where_set(self, other: Self, choice: Self) -> Self {
            Self(v128_bitselect(self.0, other.0, choice.0))
        }
        #[inline(always)]
        fn big_sigma<const A: u32, const B: u32, const C: u32>(self) -> Self {
            self.rotate(A).xor(self.rotate(B)).xor(self.rotate(C))
        }
        #[inline(always)]
        fn small_sigma<const A: u32, const B: u32, const S: u32>(self) -> Self {
            let shifted = Self(u32x4_shr(self.0, S));
            self.rotate(A).xor(self.rotate(B)).xor(shifted)
        }
        #[inline(always)]
        fn zeros(self) -> u32 {
            u32::from(i32x4_bitmask(i32x4_eq(self.0, i32x4_splat(0))))
        }
    }

    impl Four {
        #[inline(always)]
        fn rotate(self, by: u32) -> Self {
            Self(v128_or(u32x4_shr(self.0, by), u32x4_shl(self.0, 32 - by)))
        }
    }
}

/// The lanes of `W`, and one more beside them in an ordinary register.
///
/// A CPU has units for vectors and units for numbers, and `W` alone leaves the latter idle: beside four messages the
/// fifth costs little. A sixth does not fit: the code of all rounds would outgrow the instruction cache.
#[derive(Clone, Copy, Debug)]
pub struct OneMore<W>(W, u32);

impl<W: Word> Word for OneMore<W> {
    const LANES: u32 = W::LANES + 1;

    #[inline(always)]
    fn all(word: u32) -> Self {
        Self(W::all(word), word)
    }
    #[inline(always)]
    fn counting(first: u32) -> Self {
        Self(W::counting(first), first.wrapping_add(W::LANES))
    }
    #[inline(always)]
    fn swap_bytes(self) -> Self {
        Self(self.0.swap_bytes(), self.1.swap_bytes())
    }
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        Self(self.0.plus(other.0), self.1.plus(other.1))
    }
    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        Self(self.0.xor(other.0), self.1.xor(other.1))
    }
    #[inline(always)]
    fn and(self, other: Self) -> Self {
        Self(self.0.and(other.0), self.1.and(other.1))
    }
    #[inline(always)]
    fn where_set(self, other: Self, choice: Self) -> Self {
        Self(
            self.0.where_set(other.0, choice.0),
            self.1.where_set(other.1, choice.1),
        )
    }
    #[inline(always)]
    fn big_sigma<const A: u32, const B: u32, const C: u32>(self) -> Self {
        Self(self.0.big_sigma::<A, B, C>(), self.1.big_sigma::<A, B, C>())
    }
    #[inline(always)]
    fn small_sigma<const A: u32, const B: u32, const S: u32>(self) -> Self {
        Self(
            self.0.small_sigma::<A, B, S>(),
            self.1.small_sigma::<A, B, S>(),
        )
    }
    #[inline(always)]
    fn zeros(self) -> u32 {
        self.0.zeros() | self.1.zeros() << W::LANES
    }
}
