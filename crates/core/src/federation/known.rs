//! Cache of provider metadata and keys, so that not every sign-in has to fetch them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::lock::{Mutex as Turns, MutexGuard as Turn};

use super::{Discovery, KeySet};
use crate::{clock::Timestamp, id::RealmName};

/// Time after which metadata and keys are fetched again.
const FRESH_FOR: Duration = Duration::from_secs(3600);
/// Minimum time between two fetches. Limits fetches caused by attackers, who can send any key ID.
const PAUSE: Duration = Duration::from_secs(60);
/// Same interval before the first successful fetch, while no sign-in is possible.
const PAUSE_BEFORE_FIRST: Duration = Duration::from_secs(10);

/// Metadata and keys of a provider.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) document: Discovery,
    pub(crate) keys: KeySet,
    read_at: Timestamp,
}

/// Reason why metadata and keys are requested.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted<'a> {
    /// Data fetched within the last hour is sufficient.
    Recent,
    /// A token has this key ID.
    Key(&'a str),
    /// A token without a key ID was not signed with any known key.
    Other,
}

impl Known {
    pub(crate) const fn new(document: Discovery, keys: KeySet, now: Timestamp) -> Self {
        Self { document, keys, read_at: now }
    }

    fn has(&self, wanted: Wanted<'_>) -> bool {
        match wanted {
            Wanted::Recent => true,
            Wanted::Key(kid) => self.keys.has(kid),
            Wanted::Other => false,
        }
    }
}

/// What to do for a request.
#[derive(Debug)]
pub(crate) enum Read {
    /// Use the cached data.
    Use(Arc<Known>),
    /// Fetch, while other requests wait. If that fails, the previous data remains in use.
    Again(Option<Arc<Known>>),
    /// The last fetch failed a short time ago.
    Pause,
}

#[derive(Debug, Default)]
struct State {
    known: Option<Arc<Known>>,
    /// Time of the last fetch attempt, which may have failed.
    tried_at: Option<Timestamp>,
}

/// Metadata and keys of one provider. Only one request fetches them at a time.
#[derive(Debug, Default)]
pub(crate) struct KnownProvider {
    state: Mutex<State>,
    turns: Turns<()>,
}

impl KnownProvider {
    /// Decides what to do, and records an attempt before it starts.
    pub(crate) fn read(&self, wanted: Wanted<'_>, now: Timestamp) -> Read {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let pause = if state.known.is_some() { PAUSE } else { PAUSE_BEFORE_FIRST };
        let is_paused = state.tried_at.is_some_and(|tried| now.since(tried) < pause);
        match &state.known {
            Some(known) if is_paused || (known.has(wanted) && now.since(known.read_at) < FRESH_FOR) => {
                Read::Use(Arc::clone(known))
            }
            None if is_paused => Read::Pause,
            known => {
                let last = known.clone();
                state.tried_at = Some(now);
                Read::Again(last)
            }
        }
    }

    /// Returns the data that can be used without waiting for a fetch in progress. Returns `None` if the request must
    /// wait.
    pub(crate) fn at_hand(&self, wanted: Wanted<'_>) -> Option<Arc<Known>> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.known.clone().filter(|known| known.has(wanted))
    }

    /// Acquires the turn to fetch, if no other request has it.
    pub(crate) fn try_turn(&self) -> Option<Turn<'_, ()>> {
        self.turns.try_lock()
    }

    /// Waits for the turn.
    pub(crate) async fn turn(&self) -> Turn<'_, ()> {
        self.turns.lock().await
    }

    pub(crate) fn put(&self, known: Known) -> Arc<Known> {
        let known = Arc::new(known);
        self.state.lock().unwrap_or_else(PoisonError::into_inner).known = Some(Arc::clone(&known));
        known
    }
}

/// Metadata and keys by realm and provider.
#[derive(Debug, Default)]
pub(crate) struct KnownProviders(Mutex<HashMap<(RealmName, String), Arc<KnownProvider>>>);

impl KnownProviders {
    pub(crate) fn of(&self, realm: &RealmName, provider: &str) -> Arc<KnownProvider> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry((realm.clone(), provider.to_owned())).or_default())
    }
}
