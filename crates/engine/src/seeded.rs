//! What only a test build can do: crash at named points, and behave as if a known bug were back.
//!
//! The feature `failpoints` compiles it in. `make test` asks for it; a release has none, says so in
//! `sluice --version`, and `make run` asks before it starts.

/// Is this a test build, that can be told to crash and to misbehave?
pub const FAILPOINTS: bool = cfg!(feature = "failpoints");
