//! Randomness as a value: unpredictable bytes from a [`Random`] that is passed as an argument.

use std::fmt;

/// A source of unpredictable bytes.
pub trait Random: Send + Sync + fmt::Debug {
    /// Fills the buffer with unpredictable bytes.
    fn fill(&self, buffer: &mut [u8]);
}

/// Returns `N` unpredictable bytes.
pub fn bytes<const N: usize>(random: &dyn Random) -> [u8; N] {
    let mut buffer = [0; N];
    random.fill(&mut buffer);
    buffer
}

/// System random number generator, provided by AWS-LC.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsRandom;

impl Random for OsRandom {
    #[allow(
        clippy::disallowed_methods,
        clippy::panic,
        reason = "the only place that reads ambient randomness; no key or token is safe without it"
    )]
    fn fill(&self, buffer: &mut [u8]) {
        if aws_lc_rs::rand::fill(buffer).is_err() {
            panic!("the operating system returned no random bytes");
        }
    }
}

/// Deterministic generator for tests.
#[cfg(feature = "suite")]
pub struct SeededRandom(std::sync::Mutex<rand_chacha::ChaCha20Rng>);

#[cfg(feature = "suite")]
impl SeededRandom {
    /// Creates a generator with this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        use rand_chacha::rand_core::SeedableRng;
        Self(std::sync::Mutex::new(rand_chacha::ChaCha20Rng::seed_from_u64(seed)))
    }
}

#[cfg(feature = "suite")]
impl fmt::Debug for SeededRandom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SeededRandom")
    }
}

#[cfg(feature = "suite")]
impl Random for SeededRandom {
    fn fill(&self, buffer: &mut [u8]) {
        use rand_chacha::rand_core::Rng;
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).fill_bytes(buffer);
    }
}
