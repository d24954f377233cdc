use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::{FailedAttempts, LimitKey};
use crate::clock::Timestamp;

/// Password checks in progress. Each counts as a failure until it succeeds, so that parallel guesses cannot exceed the
/// limit.
#[derive(Debug)]
pub struct InFlight {
    counts: Mutex<HashMap<LimitKey, FailedAttempts>>,
    /// Number of completed checks by the first byte of their key.
    ended: [AtomicU64; 256],
}

impl Default for InFlight {
    fn default() -> Self {
        Self { counts: Mutex::default(), ended: [const { AtomicU64::new(0) }; 256] }
    }
}

/// Reason why a check may not start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// Another check has completed since the generation was read. The number of failures may be outdated and must be
    /// read again.
    Stale,
    /// Too many checks have failed. Retry after this time.
    Wait(Duration),
}

impl InFlight {
    /// Returns the generation to pass to [`begin`](Self::begin). Call it before reading the failures.
    #[must_use]
    pub fn generation(&self, key: LimitKey) -> u64 {
        self.ended(key).map_or(0, |ended| ended.load(Ordering::SeqCst))
    }

    /// Starts a check if the failures and the checks in progress allow another one.
    ///
    /// # Errors
    /// Returns [`Denied`] if the failures are outdated or a wait is required.
    pub fn begin(
        &self,
        key: LimitKey,
        generation: u64,
        failed: FailedAttempts,
        free: u32,
        now: Timestamp,
    ) -> Result<Permit<'_>, Denied> {
        let mut counts = self.lock();
        if self.generation(key) != generation {
            return Err(Denied::Stale);
        }
        let count = counts.get(&key).copied().unwrap_or(FailedAttempts::NONE);
        let so_far = FailedAttempts {
            count: failed.count.saturating_add(count.count),
            last_at: failed.last_at.max(count.last_at),
        };
        let wait = so_far.wait(free, now);
        if !wait.is_zero() {
            return Err(Denied::Wait(wait));
        }
        counts.insert(key, FailedAttempts { count: count.count + 1, last_at: now.max(count.last_at) });
        Ok(Permit { in_flight: self, key })
    }

    /// Acquires a permit if fewer than `most` permits of this key are in use.
    pub fn try_acquire(&self, key: LimitKey, most: u32) -> Option<Permit<'_>> {
        let mut counts = self.lock();
        let count = counts.entry(key).or_insert(FailedAttempts::NONE);
        if count.count >= most {
            return None;
        }
        count.count += 1;
        Some(Permit { in_flight: self, key })
    }

    fn ended(&self, key: LimitKey) -> Option<&AtomicU64> {
        let [first, ..] = key.0;
        self.ended.get(usize::from(first))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<LimitKey, FailedAttempts>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Permit for a check in progress. The check ends when the permit is dropped.
#[derive(Debug)]
pub struct Permit<'a> {
    in_flight: &'a InFlight,
    key: LimitKey,
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut counts = self.in_flight.lock();
        if let Some(ended) = self.in_flight.ended(self.key) {
            ended.fetch_add(1, Ordering::SeqCst);
        }
        if let Some(count) = counts.get_mut(&self.key) {
            count.count -= 1;
            if count.count == 0 {
                counts.remove(&self.key);
            }
        }
    }
}
