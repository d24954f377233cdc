//! Locks by which batches of this process that would write the same document take turns.
//!
//! MongoDB does not make a transaction wait for another: it fails the later one, which has to begin again. Between processes
//! that is right; within one, waiting is cheaper and fair.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{Mutex as SyncMutex, PoisonError},
    time::{Duration, Instant},
};

use portcullis_core::port::{Op, StoreError};
use tokio::sync::{Mutex, MutexGuard, Semaphore, SemaphorePermit};

use super::{batch::LONGEST_WAIT, collections};

/// Number of locks. Keys that share one by chance wait without need.
const LOCKS: usize = 256;
/// Most batches of this process that are at the database at the same time. More would wait there, and time out there.
const IN_FLIGHT: usize = 32;

/// Locks of what batches write.
#[derive(Debug)]
pub(super) struct KeyLocks {
    locks: Vec<Mutex<()>>,
    hasher: RandomState,
    in_flight: Semaphore,
    /// Time at which the database last answered a batch of this process.
    answered: SyncMutex<Instant>,
}

/// Permission for a batch to run, until it is dropped.
#[derive(Debug)]
pub(super) struct BatchPermit<'a> {
    /// Time at which the batch began to wait.
    pub(super) begun: Instant,
    /// Time from which the time limit of the database counts.
    pub(super) since: Instant,
    _held: (Vec<MutexGuard<'a, ()>>, SemaphorePermit<'a>),
}

impl Default for KeyLocks {
    fn default() -> Self {
        Self {
            locks: std::iter::repeat_with(Mutex::default).take(LOCKS).collect(),
            hasher: RandomState::new(),
            in_flight: Semaphore::new(IN_FLIGHT),
            answered: SyncMutex::new(Instant::now()),
        }
    }
}

impl KeyLocks {
    /// Waits until no earlier batch works on what this batch writes. The wait may be longer than the time limit of the
    /// database, as long as the database answers.
    ///
    /// # Errors
    /// Unavailable, if the database answered no batch of this process within its time limit. Overloaded, if it did, but the
    /// turn did not come within [`LONGEST_WAIT`].
    pub(super) async fn lock(&self, batch: &[Op], limit: Duration) -> Result<BatchPermit<'_>, StoreError> {
        let begun = Instant::now();
        let mut acquiring = std::pin::pin!(self.acquire(batch));
        let mut since = begun;
        while since.duration_since(begun) < LONGEST_WAIT {
            if let Ok(held) = tokio::time::timeout_at((since + limit).into(), &mut acquiring).await {
                return Ok(BatchPermit { begun, since: since.max(self.last_answer()), _held: held? });
            }
            let answered = self.last_answer();
            if answered <= since {
                return Err(StoreError::Unavailable(format!("no batch was answered within {limit:?}").into()));
            }
            since = answered;
        }
        Err(StoreError::Overloaded(format!("others wrote the same for {LONGEST_WAIT:?}").into()))
    }

    /// Records that the database has answered a batch.
    pub(super) fn record_answer(&self) {
        *self.answered.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn last_answer(&self) -> Instant {
        *self.answered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn acquire(&self, batch: &[Op]) -> Result<(Vec<MutexGuard<'_, ()>>, SemaphorePermit<'_>), StoreError> {
        let contended = batch.iter().flat_map(collections::contends);
        let mut numbers: Vec<usize> = contended.map(|key| self.number(&key)).collect();
        // Always in the same order, so that no two batches wait for each other.
        numbers.sort_unstable();
        numbers.dedup();
        let mut held = Vec::with_capacity(numbers.len());
        for lock in numbers.into_iter().filter_map(|number| self.locks.get(number)) {
            held.push(lock.lock().await);
        }
        let permit = self.in_flight.acquire().await.map_err(|closed| StoreError::Unavailable(closed.into()))?;
        Ok((held, permit))
    }

    fn number(&self, key: &Contended<'_>) -> usize {
        usize::try_from(self.hasher.hash_one(key) % LOCKS as u64).unwrap_or_default()
    }
}

/// Something that several batches may want to write at the same time.
#[derive(Debug, Hash)]
pub(super) enum Contended<'a> {
    Address([u8; 32]),
    /// A user, or the registration that becomes one.
    Person(&'a str),
    Challenge([u8; 16]),
    Session(&'a str),
    Record(&'a str),
    RootKey,
    Quota([u8; 32]),
}
