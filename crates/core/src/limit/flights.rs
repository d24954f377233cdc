use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{Failures, LimitKey};
use crate::clock::Timestamp;

/// What is under way at this moment. Passwords that are being tried count as wrong until they turn out right, so that nobody
/// gets more guesses by making them at the same time.
#[derive(Debug, Default)]
pub struct Flights {
    flying: Mutex<HashMap<LimitKey, Failures>>,
}

impl Flights {
    /// Begins a try, if these failures and what is being tried allow one more; otherwise how long to wait.
    ///
    /// # Errors
    /// How long to wait.
    pub fn begin(
        &self,
        key: LimitKey,
        failed: Failures,
        free: u32,
        now: Timestamp,
    ) -> Result<Flight<'_>, std::time::Duration> {
        let mut flying = self.lock();
        let flight = flying.get(&key).copied().unwrap_or(Failures::NONE);
        let so_far = Failures { count: failed.count + flight.count, last_at: failed.last_at.max(flight.last_at) };
        let wait = so_far.wait(free, now);
        if !wait.is_zero() {
            return Err(wait);
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
        if let Some(flight) = flying.get_mut(&self.key) {
            flight.count -= 1;
            if flight.count == 0 {
                flying.remove(&self.key);
            }
        }
    }
}
