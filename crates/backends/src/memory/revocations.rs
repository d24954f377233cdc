//! Sessions seen alive, and sessions that are over.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use moka::sync::Cache;
use portcullis_core::{
    clock::Timestamp,
    id::{SessionId, UserId},
    port::{Answer, Revocations},
    realm::RealmName,
    session::Revocation,
};

use super::key::{Key, KeyRef};

/// What was heard so long ago still counts.
const FRESH_FOR: Duration = Duration::from_secs(1);
/// So often entries whose tokens have all expired are let go.
const PRUNE_EVERY: Duration = Duration::from_secs(10);
/// The most sessions that are remembered as alive.
const MOST_ALIVE: u64 = 100_000;

/// The process's copy of the revocation log, and the sessions that it has seen alive.
#[derive(Debug)]
pub struct MemoryRevocations {
    over: RwLock<Over>,
    alive: Cache<Key<SessionId>, Arc<UserId>>,
    /// In milliseconds; from before all time until the log was read.
    up_to_date: AtomicI64,
}

/// What is over, until no token of it can be about.
#[derive(Debug, Default)]
struct Over {
    realms: HashMap<RealmName, HashMap<SessionId, Timestamp>>,
    pruned: Timestamp,
}

impl MemoryRevocations {
    /// Knows nothing yet.
    #[must_use]
    pub fn new() -> Self {
        let alive = Cache::builder().max_capacity(MOST_ALIVE).build();
        Self { over: RwLock::default(), alive, up_to_date: AtomicI64::new(i64::MIN) }
    }

    fn is_over(&self, realm: &RealmName, session: &SessionId) -> bool {
        let over = self.over.read().unwrap_or_else(PoisonError::into_inner);
        over.realms.get(realm).is_some_and(|sessions| sessions.contains_key(session))
    }

    /// Whether the log was read within the last second. A clock that was set back makes nothing fresh.
    fn is_fresh(&self, now: Timestamp) -> bool {
        let heard = Timestamp::from_millis(self.up_to_date.load(Ordering::Acquire));
        now.since(heard).max(heard.since(now)) <= FRESH_FOR
    }
}

impl Default for MemoryRevocations {
    fn default() -> Self {
        Self::new()
    }
}

impl Revocations for MemoryRevocations {
    fn ask(&self, realm: &RealmName, session: &SessionId, user: &UserId, now: Timestamp) -> Answer {
        if self.is_over(realm, session) {
            return Answer::Revoked;
        }
        let seen_alive = || self.alive.get(&KeyRef { realm, id: session }).is_some_and(|owner| *owner == *user);
        if self.is_fresh(now) && seen_alive() { Answer::Live } else { Answer::Unknown }
    }

    fn seen_alive(&self, realm: &RealmName, session: &SessionId, user: &UserId) {
        if !self.is_over(realm, session) {
            self.alive.insert(KeyRef { realm, id: session }.to_key(), Arc::new(user.clone()));
        }
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
            self.alive.invalidate(&KeyRef { realm: &entry.realm, id: &entry.session });
        }
    }

    fn up_to_date(&self, now: Timestamp) {
        self.up_to_date.store(now.millis(), Ordering::Release);
        let mut over = self.over.write().unwrap_or_else(PoisonError::into_inner);
        if now.since(over.pruned) >= PRUNE_EVERY {
            over.prune(now, &self.alive);
        }
    }
}

impl Over {
    /// Lets go of what no token can be about any more; a session that was seen alive and ended at one moment goes with it.
    fn prune(&mut self, now: Timestamp, alive: &Cache<Key<SessionId>, Arc<UserId>>) {
        self.pruned = now;
        for (realm, sessions) in &mut self.realms {
            sessions.retain(|session, until| {
                let keep = *until > now;
                if !keep {
                    alive.invalidate(&KeyRef { realm, id: session });
                }
                keep
            });
        }
    }
}
