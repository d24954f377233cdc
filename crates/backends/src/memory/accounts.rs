//! Accounts that were read lately.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use moka::sync::Cache;
use portcullis_core::{
    account::Account,
    id::{RealmName, UserId},
    port::AccountCache,
};

use super::key::{CacheKey, CacheKeyRef};

/// So long an account is remembered at the most, whatever happens.
const TIME_TO_LIVE: Duration = Duration::from_secs(60);

/// A bounded cache of accounts.
///
/// Whoever reads an account takes the count of what was forgotten first; when something was forgotten between the two,
/// what was read may be from before the change, and is not remembered. Counting, forgetting and remembering exclude each other,
/// so that nothing stale is ever seen after [`forget`](AccountCache::forget) has returned.
#[derive(Debug)]
pub struct MemoryAccounts {
    accounts: Cache<CacheKey<UserId>, Arc<Account>>,
    /// How often something was forgotten.
    forgotten: Mutex<u64>,
}

impl MemoryAccounts {
    /// Remembers up to so many accounts.
    #[must_use]
    pub fn new(capacity: u64) -> Self {
        let accounts = Cache::builder().max_capacity(capacity).time_to_live(TIME_TO_LIVE).build();
        Self { accounts, forgotten: Mutex::new(0) }
    }

    fn forgotten(&self) -> MutexGuard<'_, u64> {
        self.forgotten.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Remembers a hundred thousand accounts, some 60 MB when it is full.
impl Default for MemoryAccounts {
    fn default() -> Self {
        Self::new(100_000)
    }
}

impl AccountCache for MemoryAccounts {
    fn get(&self, realm: &RealmName, user: &UserId) -> Option<Arc<Account>> {
        self.accounts.get(&CacheKeyRef { realm, id: user })
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
}
