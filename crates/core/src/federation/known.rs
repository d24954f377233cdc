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
/// The same before the first read that succeeded, while no sign-in is possible.
const PAUSE_BEFORE_FIRST: Duration = Duration::from_secs(10);

/// Metadata and keys of a provider.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) document: Discovery,
    pub(crate) keys: KeySet,
    read_at: Timestamp,
}

/// Why document and keys are asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted<'a> {
    /// Those of the last hour are enough.
    Recent,
    /// A token names this key.
    Key(&'a str),
    /// A token that names no key was signed with none of those known.
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

/// What is to be done for a request.
#[derive(Debug)]
pub(crate) enum Read {
    /// These are used as they are.
    Use(Arc<Known>),
    /// They are read, while others wait; the last ones stay valid if that fails.
    Again(Option<Arc<Known>>),
    /// The provider has just failed.
    Pause,
}

#[derive(Debug, Default)]
struct State {
    known: Option<Arc<Known>>,
    /// Last attempt to read them, which may have failed.
    tried_at: Option<Timestamp>,
}

/// Document and keys of one provider. One request at a time reads them.
#[derive(Debug, Default)]
pub(crate) struct KnownProvider {
    state: Mutex<State>,
    turns: Turns<()>,
}

impl KnownProvider {
    /// Decides what is to be done, and records an attempt before it is made.
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

    /// Returns those that can be used without waiting for a request that reads them; `None` if it must be waited for.
    pub(crate) fn at_hand(&self, wanted: Wanted<'_>) -> Option<Arc<Known>> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.known.clone().filter(|known| known.has(wanted))
    }

    /// Takes the turn of the request that reads, if no other has it.
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

/// Documents and keys by realm and provider.
#[derive(Debug, Default)]
pub(crate) struct KnownProviders(Mutex<HashMap<(RealmName, String), Arc<KnownProvider>>>);

impl KnownProviders {
    pub(crate) fn of(&self, realm: &RealmName, provider: &str) -> Arc<KnownProvider> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry((realm.clone(), provider.to_owned())).or_default())
    }
}
