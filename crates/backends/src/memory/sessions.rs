//! Sessions seen alive, and sessions that are over.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use moka::sync::Cache;
use portcullis_core::{
    clock::Timestamp,
    id::{RealmName, SessionId, UserId},
    port::{SessionCache, SessionStatus},
    session::Revocation,
};

use super::key::{CacheKey, CacheKeyRef};

/// What was heard so long ago still counts.
const FRESH_FOR: Duration = Duration::from_secs(1);
/// So often entries whose tokens have all expired are let go.
const PRUNE_EVERY: Duration = Duration::from_secs(10);
/// The most sessions that are remembered as alive.
const MOST_ALIVE: u64 = 100_000;

/// A session is remembered as alive for this long at the most.
const ALIVE_FOR: Duration = Duration::from_secs(300);
/// A doubt is remembered until whatever was seen alive before it is forgotten.
const DOUBTED_FOR: Duration = Duration::from_secs(600);

/// The process's copy of the revocation log, and the sessions that it has seen alive.
#[derive(Debug)]
pub struct MemorySessions {
    over: RwLock<Over>,
    alive: Cache<CacheKey<SessionId>, Arc<Alive>>,
    doubted: RwLock<Doubted>,
    /// In milliseconds; from before all time until the log was read.
    synced: AtomicI64,
}

/// A session as it was seen.
#[derive(Debug)]
struct Alive {
    user: UserId,
    /// What the store said was true at some time since this mark.
    mark: u64,
}

/// Users some of whose sessions are over: what was seen of them before does not count.
#[derive(Debug, Default)]
struct Doubted {
    /// How often somebody was doubted.
    count: u64,
    users: HashMap<RealmName, HashMap<UserId, (u64, Instant)>>,
}

/// What is over, until no token of it can be about.
#[derive(Debug, Default)]
struct Over {
    realms: HashMap<RealmName, HashMap<SessionId, Timestamp>>,
    pruned: Timestamp,
}

impl MemorySessions {
    /// Knows nothing yet.
    #[must_use]
    pub fn new() -> Self {
        let alive = Cache::builder().max_capacity(MOST_ALIVE).time_to_live(ALIVE_FOR).build();
        Self { over: RwLock::default(), alive, doubted: RwLock::default(), synced: AtomicI64::new(i64::MIN) }
    }

    fn is_over(&self, realm: &RealmName, session: &SessionId) -> bool {
        let over = self.over.read().unwrap_or_else(PoisonError::into_inner);
        over.realms.get(realm).is_some_and(|sessions| sessions.contains_key(session))
    }

    /// Whether what was seen is this user's, and was not doubted since.
    fn counts(&self, realm: &RealmName, user: &UserId, alive: &Alive) -> bool {
        let doubted = self.doubted.read().unwrap_or_else(PoisonError::into_inner);
        let since = doubted.users.get(realm).and_then(|users| users.get(user));
        alive.user == *user && since.is_none_or(|(count, _)| alive.mark >= *count)
    }

    /// Whether the log was read within the last second. A clock that was set back makes nothing fresh.
    fn is_fresh(&self, now: Timestamp) -> bool {
        let heard = Timestamp::from_millis(self.synced.load(Ordering::Acquire));
        now.since(heard).max(heard.since(now)) <= FRESH_FOR
    }
}

impl Default for MemorySessions {
    fn default() -> Self {
        Self::new()
    }
}

impl SessionCache for MemorySessions {
    fn status(&self, realm: &RealmName, session: &SessionId, user: &UserId, now: Timestamp) -> SessionStatus {
        if self.is_over(realm, session) {
            return SessionStatus::Revoked;
        }
        let alive = || {
            self.alive.get(&CacheKeyRef { realm, id: session }).is_some_and(|alive| self.counts(realm, user, &alive))
        };
        if self.is_fresh(now) && alive() { SessionStatus::Live } else { SessionStatus::Unknown }
    }

    fn generation(&self) -> u64 {
        self.doubted.read().unwrap_or_else(PoisonError::into_inner).count
    }

    fn mark_live(&self, realm: &RealmName, session: &SessionId, user: &UserId, mark: u64) {
        if !self.is_over(realm, session) {
            self.alive
                .insert(CacheKeyRef { realm, id: session }.to_key(), Arc::new(Alive { user: user.clone(), mark }));
        }
    }

    fn invalidate_user(&self, realm: &RealmName, user: &UserId) {
        let mut doubted = self.doubted.write().unwrap_or_else(PoisonError::into_inner);
        doubted.count += 1;
        let since = (doubted.count, Instant::now());
        doubted.users.entry(realm.clone()).or_default().insert(user.clone(), since);
    }

    fn revoke(&self, entries: &[Revocation]) {
        if entries.is_empty() {
            return;
        }
        let mut over = self.over.write().unwrap_or_else(PoisonError::into_inner);
        for entry in entries {
            let sessions = over.realms.entry(entry.realm.clone()).or_default();
            let until = sessions.entry(entry.session.clone()).or_insert(entry.expires_at);
            *until = entry.expires_at.max(*until);
            self.alive.invalidate(&CacheKeyRef { realm: &entry.realm, id: &entry.session });
        }
    }

    fn synced(&self, now: Timestamp) {
        self.synced.store(now.millis(), Ordering::Release);
        let mut over = self.over.write().unwrap_or_else(PoisonError::into_inner);
        if now.since(over.pruned) >= PRUNE_EVERY {
            over.prune(now, &self.alive);
            self.doubted.write().unwrap_or_else(PoisonError::into_inner).prune();
        }
    }
}

impl Doubted {
    fn prune(&mut self) {
        for users in self.users.values_mut() {
            users.retain(|_, (_, at)| at.elapsed() < DOUBTED_FOR);
        }
    }
}

impl Over {
    /// Lets go of what no token can be about any more; a session that was seen alive and ended at one moment goes with it.
    fn prune(&mut self, now: Timestamp, alive: &Cache<CacheKey<SessionId>, Arc<Alive>>) {
        self.pruned = now;
        for (realm, sessions) in &mut self.realms {
            sessions.retain(|session, until| {
                let keep = *until > now;
                if !keep {
                    alive.invalidate(&CacheKeyRef { realm, id: session });
                }
                keep
            });
        }
    }
}
