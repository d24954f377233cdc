//! The account cache.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use moka::sync::Cache;
use portcullis_core::{
    account::Account,
    clock::Timestamp,
    id::{RealmName, UserId},
    port::AccountCache,
};

use super::{
    freshness::Freshness,
    key::{CacheKey, CacheKeyRef},
};

/// Maximum time that an account is cached.
const TIME_TO_LIVE: Duration = Duration::from_secs(60);

/// A bounded cache of accounts.
///
/// A reader takes the generation before it reads the store. If an account was invalidated in between, the result may
/// be outdated and is not cached. Insertion and invalidation are mutually exclusive, so that nothing outdated is
/// returned after [`invalidate`](AccountCache::invalidate) has returned.
#[derive(Debug)]
pub struct MemoryAccounts {
    accounts: Cache<CacheKey<UserId>, Arc<Account>>,
    /// Number of invalidations.
    forgotten: Mutex<u64>,
    freshness: Freshness,
}

impl MemoryAccounts {
    /// Creates a cache for at most this number of accounts.
    #[must_use]
    pub fn new(capacity: u64) -> Self {
        let accounts = Cache::builder().max_capacity(capacity).time_to_live(TIME_TO_LIVE).build();
        Self { accounts, forgotten: Mutex::new(0), freshness: Freshness::new() }
    }

    fn forgotten(&self) -> MutexGuard<'_, u64> {
        self.forgotten.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Creates a cache for at most 100,000 accounts, about 60 MB when full.
impl Default for MemoryAccounts {
    fn default() -> Self {
        Self::new(100_000)
    }
}

impl AccountCache for MemoryAccounts {
    fn get(&self, realm: &RealmName, user: &UserId, now: Timestamp) -> Option<Arc<Account>> {
        self.freshness.is_fresh(now).then(|| self.accounts.get(&CacheKeyRef { realm, id: user }))?
    }

    fn generation(&self) -> u64 {
        *self.forgotten()
    }

    fn insert(&self, realm: &RealmName, account: Arc<Account>, mark: u64) {
        let key = CacheKeyRef { realm, id: &account.id }.to_key();
        let forgotten = self.forgotten();
        if *forgotten == mark {
            self.accounts.insert(key, account);
        }
    }

    fn invalidate(&self, realm: &RealmName, user: &UserId) {
        let mut forgotten = self.forgotten();
        *forgotten = forgotten.wrapping_add(1);
        self.accounts.invalidate(&CacheKeyRef { realm, id: user });
    }

    fn synced(&self, now: Timestamp) {
        if self.freshness.record(now) {
            let mut forgotten = self.forgotten();
            *forgotten = forgotten.wrapping_add(1);
            self.accounts.invalidate_all();
        }
    }
}
