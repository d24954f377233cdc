//! Locks by which batches of this process that would write the same document take turns.
//!
//! MongoDB does not make a transaction wait for another: it fails the later one, which has to begin again. Between processes
//! that is right; within one, waiting is cheaper and fair.

use std::hash::{BuildHasher, RandomState};

use portcullis_core::port::Op;
use tokio::sync::{Mutex, MutexGuard};

use super::collections;

/// Number of locks. Keys that share one by chance wait without need.
const LOCKS: usize = 256;

/// Locks of what batches write.
#[derive(Debug)]
pub(super) struct KeyLocks {
    locks: Vec<Mutex<()>>,
    hasher: RandomState,
}

impl Default for KeyLocks {
    fn default() -> Self {
        Self { locks: std::iter::repeat_with(Mutex::default).take(LOCKS).collect(), hasher: RandomState::new() }
    }
}

impl KeyLocks {
    /// Waits until no earlier batch works on what this batch writes.
    pub(super) async fn lock(&self, batch: &[Op]) -> Vec<MutexGuard<'_, ()>> {
        let contended = batch.iter().flat_map(collections::contends);
        let mut numbers: Vec<usize> = contended.map(|key| self.number(&key)).collect();
        // Always in the same order, so that no two batches wait for each other.
        numbers.sort_unstable();
        numbers.dedup();
        let mut held = Vec::with_capacity(numbers.len());
        for lock in numbers.into_iter().filter_map(|number| self.locks.get(number)) {
            held.push(lock.lock().await);
        }
        held
    }

    fn number(&self, key: &Contended<'_>) -> usize {
        usize::try_from(self.hasher.hash_one(key) % LOCKS as u64).unwrap_or_default()
    }
}

/// Something that several batches may want to write at the same time.
#[derive(Debug, Hash)]
pub(super) enum Contended<'a> {
    /// An address.
    Address([u8; 32]),
    /// A user, or the registration that becomes one.
    Person(&'a str),
    Challenge([u8; 16]),
    Session(&'a str),
    Record(&'a str),
    RootKey,
    Quota([u8; 32]),
    /// The positions of the change log.
    Log,
}
