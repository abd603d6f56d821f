//! Time and chance, as parameters: a test decides both.

use std::fmt;
use std::sync::Arc;

type Fill = dyn Fn(&mut [u8]) + Send + Sync;

/// Where the engine gets the time and its random bytes from.
#[derive(Clone)]
pub struct World {
    now_ms: Arc<dyn Fn() -> u64 + Send + Sync>,
    fill: Arc<Fill>,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("World")
    }
}

impl World {
    /// `now_ms` answers Unix milliseconds; `fill` fills a buffer from a cryptographically secure source.
    pub fn new(
        now_ms: impl Fn() -> u64 + Send + Sync + 'static,
        fill: impl Fn(&mut [u8]) + Send + Sync + 'static,
    ) -> Self {
        Self {
            now_ms: Arc::new(now_ms),
            fill: Arc::new(fill),
        }
    }

    /// Unix milliseconds.
    pub fn now(&self) -> u64 {
        (self.now_ms)()
    }

    /// Random bytes.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.fill)(&mut bytes);
        bytes
    }
}
