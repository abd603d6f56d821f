//! Chance for what is drawn and heard: a small generator (SplitMix64), seeded from the world's.
//!
//! It decides how a picture looks and how a sound is, and from a seed that nobody knows also what is asked.

/// Rolls.
#[derive(Debug)]
pub(super) struct Dice(u64);

impl Dice {
    /// Dice that roll what follows from this seed.
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 up to, and without, `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        (self.unit() * end as f32) as usize % end.max(1)
    }

    /// Between these two.
    pub(super) fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// In `0..1`.
    fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1u64 << 24) as f32
    }
}
