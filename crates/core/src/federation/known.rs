//! What the process knows of providers: their documents and keys, so that a sign-in does not ask for them each time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::{Discovery, KeySet};
use crate::{clock::Timestamp, id::RealmName};

/// Time for which a document and its keys are used before they are read again.
const FRESH_FOR: Duration = Duration::from_secs(3600);
/// Shortest time between two reads: a stranger chooses the name of a key.
const PAUSE: Duration = Duration::from_secs(60);

/// Document and keys of a provider.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) document: Discovery,
    pub(crate) keys: KeySet,
    read_at: Timestamp,
    /// Last attempt to read them, which may have failed.
    tried_at: Timestamp,
}

impl Known {
    pub(crate) const fn new(document: Discovery, keys: KeySet, now: Timestamp) -> Self {
        Self { document, keys, read_at: now, tried_at: now }
    }

    /// Returns whether they must be read again: they are old, or the key of this name is not among them.
    pub(crate) fn is_outdated(&self, kid: Option<&str>, now: Timestamp) -> bool {
        let is_old = now.since(self.read_at) >= FRESH_FOR;
        (is_old || kid.is_some_and(|kid| !self.keys.has(kid))) && now.since(self.tried_at) >= PAUSE
    }
}

/// Documents and keys by realm and provider.
#[derive(Debug, Default)]
pub(crate) struct KnownProviders(Mutex<HashMap<(RealmName, String), Arc<Known>>>);

impl KnownProviders {
    pub(crate) fn get(&self, realm: &RealmName, provider: &str) -> Option<Arc<Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&(realm.clone(), provider.to_owned())).cloned()
    }

    pub(crate) fn put(&self, realm: &RealmName, provider: &str, known: Known) -> Arc<Known> {
        let known = Arc::new(known);
        let at = (realm.clone(), provider.to_owned());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(at, Arc::clone(&known));
        known
    }

    /// Records an attempt before it is made, so that parallel requests do not repeat it.
    pub(crate) fn note_attempt(&self, realm: &RealmName, provider: &str, now: Timestamp) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all.get_mut(&(realm.clone(), provider.to_owned())) {
            *known = Arc::new(Known { tried_at: now, ..Known::clone(known) });
        }
    }
}
