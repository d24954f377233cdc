//! Reproducible randomness that can be made to fail.

use std::sync::atomic::{AtomicU32, Ordering};

use portcullis_core::random::{Random, SeededRandom};

#[derive(Debug)]
pub struct Chance {
    seeded: SeededRandom,
    /// Number of draws until one panics; 0 for never.
    fuse: AtomicU32,
}

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self { seeded: SeededRandom::new(seed), fuse: AtomicU32::new(0) }
    }

    /// Makes the draw after this number of others panic.
    pub fn panic_after(&self, draws: u32) {
        self.fuse.store(draws + 1, Ordering::SeqCst);
    }
}

impl Random for Chance {
    fn fill(&self, buffer: &mut [u8]) {
        if self.fuse.load(Ordering::SeqCst) > 0 && self.fuse.fetch_sub(1, Ordering::SeqCst) == 1 {
            panic!("out of luck, as the test wants it");
        }
        self.seeded.fill(buffer);
    }
}
