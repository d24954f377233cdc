use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::{Failures, LimitKey};
use crate::clock::Timestamp;

/// What is under way at this moment. Passwords that are being tried count as wrong until they turn out right, so that nobody
/// gets more guesses by making them at the same time.
#[derive(Debug)]
pub struct Flights {
    flying: Mutex<HashMap<LimitKey, Failures>>,
    /// How many have ended, by the first byte of their key.
    ended: [AtomicU64; 256],
}

impl Default for Flights {
    fn default() -> Self {
        Self { flying: Mutex::default(), ended: [const { AtomicU64::new(0) }; 256] }
    }
}

/// Why a try does not begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grounded {
    /// Another one has ended since the mark, and what was read may not know of it: read again.
    Stale,
    /// Too many were wrong: wait for so long.
    Wait(Duration),
}

impl Flights {
    /// A mark to take before the failures are read, for [`begin`](Self::begin).
    #[must_use]
    pub fn mark(&self, key: LimitKey) -> u64 {
        self.ended(key).map_or(0, |ended| ended.load(Ordering::SeqCst))
    }

    /// Begins a try, if the failures that were read since the mark, and what is being tried, allow one more.
    ///
    /// # Errors
    /// [`Grounded`].
    pub fn begin(
        &self,
        key: LimitKey,
        mark: u64,
        failed: Failures,
        free: u32,
        now: Timestamp,
    ) -> Result<Flight<'_>, Grounded> {
        let mut flying = self.lock();
        if self.mark(key) != mark {
            return Err(Grounded::Stale);
        }
        let flight = flying.get(&key).copied().unwrap_or(Failures::NONE);
        let so_far =
            Failures { count: failed.count.saturating_add(flight.count), last_at: failed.last_at.max(flight.last_at) };
        let wait = so_far.wait(free, now);
        if !wait.is_zero() {
            return Err(Grounded::Wait(wait));
        }
        flying.insert(key, Failures { count: flight.count + 1, last_at: now.max(flight.last_at) });
        Ok(Flight { flights: self, key })
    }

    /// Begins a piece of work, if fewer than so many of the key's are under way.
    pub fn board(&self, key: LimitKey, most: u32) -> Option<Flight<'_>> {
        let mut flying = self.lock();
        let flight = flying.entry(key).or_insert(Failures::NONE);
        if flight.count >= most {
            return None;
        }
        flight.count += 1;
        Some(Flight { flights: self, key })
    }

    fn ended(&self, key: LimitKey) -> Option<&AtomicU64> {
        let [first, ..] = key.0;
        self.ended.get(usize::from(first))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<LimitKey, Failures>> {
        self.flying.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A try that has begun; it has ended when this is dropped.
#[derive(Debug)]
pub struct Flight<'a> {
    flights: &'a Flights,
    key: LimitKey,
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let mut flying = self.flights.lock();
        if let Some(ended) = self.flights.ended(self.key) {
            ended.fetch_add(1, Ordering::SeqCst);
        }
        if let Some(flight) = flying.get_mut(&self.key) {
            flight.count -= 1;
            if flight.count == 0 {
                flying.remove(&self.key);
            }
        }
    }
}
