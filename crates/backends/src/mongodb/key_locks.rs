//! Locks that serialize batches of this process that would write the same document.
//!
//! MongoDB does not queue conflicting transactions: it aborts the later one, which must be retried. Between processes
//! this is acceptable. Within a process, waiting is cheaper and fair.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{Mutex as SyncMutex, PoisonError},
    time::{Duration, Instant},
};

use portcullis_core::{
    port::{Op, StoreError},
    stats::Stat,
};
use tokio::sync::{Mutex, MutexGuard, Semaphore, SemaphorePermit};

use super::{batch::MAX_WAIT, collections};

/// Number of locks. Different keys may share one and then wait unnecessarily.
const LOCKS: usize = 256;
/// Maximum number of concurrent batches of this process in the database. Further ones would queue and time out there.
const IN_FLIGHT: usize = 32;

/// Locks for the keys that batches write.
#[derive(Debug)]
pub(super) struct KeyLocks {
    locks: Vec<Mutex<()>>,
    hasher: RandomState,
    in_flight: Semaphore,
    /// Time of the last response to a batch of this process.
    answered: SyncMutex<Instant>,
}

/// Permit for a batch to run, released on drop.
#[derive(Debug)]
pub(super) struct BatchPermit<'a> {
    /// Time when the batch started to wait.
    pub(super) begun: Instant,
    /// Start of the database time limit.
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
    /// Waits until no earlier batch is working on a key of this batch. The wait may exceed the database time limit as
    /// long as the database responds.
    ///
    /// # Errors
    /// Returns `Unavailable` if the database did not respond to any batch of this process within its time limit, and
    /// `Overloaded` if it did but the lock was not available within [`MAX_WAIT`].
    pub(super) async fn lock(&self, batch: &[Op], limit: Duration) -> Result<BatchPermit<'_>, StoreError> {
        let begun = Instant::now();
        let mut acquiring = std::pin::pin!(self.acquire(batch));
        let mut since = begun;
        while since.duration_since(begun) < MAX_WAIT {
            if let Ok(held) = tokio::time::timeout_at((since + limit).into(), &mut acquiring).await {
                return Ok(BatchPermit { begun, since: since.max(self.last_answer()), _held: held? });
            }
            let answered = self.last_answer();
            if answered <= since {
                return Err(StoreError::Unavailable(format!("no response to a batch within {limit:?}").into()));
            }
            since = answered;
        }
        Err(StoreError::Overloaded(format!("conflicting writes for {MAX_WAIT:?}").into()))
    }

    /// Records a response of the database.
    pub(super) fn record_answer(&self) {
        *self.answered.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn last_answer(&self) -> Instant {
        *self.answered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn acquire(&self, batch: &[Op]) -> Result<(Vec<MutexGuard<'_, ()>>, SemaphorePermit<'_>), StoreError> {
        let contended = batch.iter().flat_map(collections::contends);
        let mut numbers: Vec<usize> = contended.map(|key| self.number(&key)).collect();
        // Locks are always taken in the same order to avoid deadlocks.
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

/// A key that several batches may want to write at the same time.
#[derive(Debug, Hash)]
pub(super) enum Contended<'a> {
    Address([u8; 32]),
    /// A user or the registration that becomes the user.
    Person(&'a str),
    Challenge([u8; 16]),
    Session(&'a str),
    Record(&'a str),
    RootKey,
    Quota([u8; 32]),
    Stat(&'a Stat),
}
