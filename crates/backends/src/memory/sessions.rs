//! Live and ended sessions.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use moka::sync::Cache;
use portcullis_core::{
    clock::Timestamp,
    id::{RealmName, SessionId, UserId},
    port::{SessionCache, SessionStatus},
    session::{Assurance, Impersonator, Revocation, Session},
};

use super::{
    freshness::Freshness,
    key::{CacheKey, CacheKeyRef},
};

/// Interval at which entries are removed whose tokens have all expired.
const PRUNE_EVERY: Duration = Duration::from_secs(10);
/// Maximum number of sessions cached as live.
const MAX_ALIVE: u64 = 100_000;

/// Maximum time that a session is cached as live.
const ALIVE_FOR: Duration = Duration::from_secs(300);
/// How long an invalidation is kept. This is the maximum age of a cached session.
const DOUBTED_FOR: Duration = Duration::from_secs(600);

/// Ended sessions of the change log, and sessions known to be live.
#[derive(Debug)]
pub struct MemorySessions {
    over: RwLock<Over>,
    alive: Cache<CacheKey<SessionId>, Arc<Alive>>,
    doubted: RwLock<Doubted>,
    freshness: Freshness,
}

/// A live session as it was read.
#[derive(Debug)]
struct Alive {
    user: UserId,
    auth_time: Timestamp,
    assurance: Assurance,
    impersonator: Option<Impersonator>,
    /// Generation taken before the store was read.
    mark: u64,
}

/// Invalidated users. Sessions read before the invalidation are ignored.
#[derive(Debug, Default)]
struct Doubted {
    /// Number of invalidations.
    count: u64,
    /// Sessions read when `count` was lower are ignored.
    all_since: u64,
    users: HashMap<RealmName, HashMap<UserId, (u64, Instant)>>,
}

/// Ended sessions, until their last token has expired.
#[derive(Debug, Default)]
struct Over {
    realms: HashMap<RealmName, HashMap<SessionId, Timestamp>>,
    pruned: Timestamp,
}

impl MemorySessions {
    /// Creates an empty cache.
    #[must_use]
    pub fn new() -> Self {
        let alive = Cache::builder().max_capacity(MAX_ALIVE).time_to_live(ALIVE_FOR).build();
        Self { over: RwLock::default(), alive, doubted: RwLock::default(), freshness: Freshness::new() }
    }

    fn is_over(&self, realm: &RealmName, session: &SessionId) -> bool {
        let over = self.over.read().unwrap_or_else(PoisonError::into_inner);
        over.realms.get(realm).is_some_and(|sessions| sessions.contains_key(session))
    }

    /// Returns whether the session belongs to this user and was not invalidated since it was read.
    fn counts(&self, realm: &RealmName, user: &UserId, alive: &Alive) -> bool {
        let doubted = self.doubted.read().unwrap_or_else(PoisonError::into_inner);
        let since = doubted.users.get(realm).and_then(|users| users.get(user));
        let since = since.map_or(doubted.all_since, |(count, _)| doubted.all_since.max(*count));
        alive.user == *user && alive.mark >= since
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
        if !self.freshness.is_fresh(now) {
            return SessionStatus::Unknown;
        }
        let alive = self.alive.get(&CacheKeyRef { realm, id: session });
        match alive.filter(|alive| self.counts(realm, user, alive)) {
            Some(alive) => SessionStatus::Live {
                auth_time: alive.auth_time,
                assurance: alive.assurance,
                impersonator: alive.impersonator.clone(),
            },
            None => SessionStatus::Unknown,
        }
    }

    fn generation(&self) -> u64 {
        self.doubted.read().unwrap_or_else(PoisonError::into_inner).count
    }

    fn mark_live(&self, session: &Session, mark: u64) {
        let Session { realm, id, user, auth_time, impersonator, .. } = session;
        if !self.is_over(realm, id) {
            let (user, impersonator) = (user.clone(), impersonator.clone());
            let alive = Alive { user, auth_time: *auth_time, assurance: session.assurance(), impersonator, mark };
            self.alive.insert(CacheKeyRef { realm, id }.to_key(), Arc::new(alive));
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
        if self.freshness.record(now) {
            self.doubted.write().unwrap_or_else(PoisonError::into_inner).all();
        }
        let mut over = self.over.write().unwrap_or_else(PoisonError::into_inner);
        if now.since(over.pruned) >= PRUNE_EVERY {
            over.prune(now, &self.alive);
            self.doubted.write().unwrap_or_else(PoisonError::into_inner).prune();
        }
    }
}

impl Doubted {
    fn all(&mut self) {
        self.count += 1;
        self.all_since = self.count;
    }

    fn prune(&mut self) {
        for users in self.users.values_mut() {
            users.retain(|_, (_, at)| at.elapsed() < DOUBTED_FOR);
        }
    }
}

impl Over {
    /// Removes sessions whose last token has expired. Includes live ones, which a concurrent read may have inserted.
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
