//! The fence: a Redis that went back in time gives nothing out.

/// How far the state of a sale was seen to be: its life, and the changes within it. Whoever asks for a place, a
/// pass or a unit says what it has seen, and a script that finds less answers `behind` and changes nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fence {
    /// Life of the state; grows with each rebuild.
    pub epoch: u64,
    /// Grows with each change within a life.
    pub seq: u64,
}

/// Of this life, and as old as it may be.
impl From<u64> for Fence {
    fn from(epoch: u64) -> Self {
        Self { epoch, seq: 0 }
    }
}
