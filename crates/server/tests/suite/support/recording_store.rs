//! Wrappers of the store, the hasher and the templates that record calls; the store can be made unavailable.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use portcullis_core::{
    account::password::{Password, PasswordHash},
    clock::Timestamp,
    error::Cause,
    forward_store,
    id::RealmName,
    limit::LimitKey,
    message::{Links, Mail, MessageKind, Recipient},
    port::{Batch, CommitError, HashError, PasswordHasher, Render, Store, StoreError},
    service::Ports,
};

/// The work recorded so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Work {
    pub hashes: usize,
    pub reads: usize,
    /// Number of operations of each commit.
    pub commits: Vec<usize>,
    /// Number of rendered messages.
    pub renders: usize,
}

#[derive(Debug)]
pub struct RecordingStore {
    store: Arc<dyn Store>,
    hasher: Arc<dyn PasswordHasher>,
    render: Arc<dyn Render>,
    work: Mutex<Work>,
    is_away: AtomicBool,
    /// Number of commits before the crash, and whether the last one is still written.
    death: Mutex<Option<(usize, bool)>>,
}

impl RecordingStore {
    pub fn new(ports: &Ports) -> Self {
        let (store, hasher) = (Arc::clone(&ports.store), Arc::clone(&ports.hasher));
        Self {
            store,
            hasher,
            render: Arc::clone(&ports.render),
            work: Mutex::default(),
            is_away: AtomicBool::new(false),
            death: Mutex::default(),
        }
    }

    /// Returns the work since the last call.
    pub fn take(&self) -> Work {
        std::mem::take(&mut self.work.lock().unwrap())
    }

    /// Makes the store unavailable, or available again.
    pub fn store_is_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::SeqCst);
    }

    /// Simulates a crash at a commit, counted from here: before it or, if `is_after`, after it.
    pub fn die_at(&self, commit: usize, is_after: bool) {
        *self.death.lock().unwrap() = Some((commit, is_after));
    }

    /// Returns whether the commit of [`die_at`](Self::die_at) was reached.
    pub fn is_dead(&self) -> bool {
        self.is_away.load(Ordering::SeqCst)
    }

    /// Counts a commit. At the crash, returns whether it is still written.
    fn last(&self) -> Option<bool> {
        let mut death = self.death.lock().unwrap();
        if let Some((commits, _)) = death.as_mut()
            && *commits > 0
        {
            *commits -= 1;
            return None;
        }
        death.take().map(|(_, is_after)| is_after)
    }

    fn reachable(&self) -> Result<&dyn Store, StoreError> {
        if self.is_away.load(Ordering::SeqCst) {
            Err(StoreError::Unavailable("taken away".into()))
        } else {
            Ok(&*self.store)
        }
    }

    fn read(&self) -> Result<&dyn Store, StoreError> {
        self.work.lock().unwrap().reads += 1;
        self.reachable()
    }
}

forward_store!(RecordingStore, read, reachable);

#[async_trait]
impl Store for RecordingStore {
    async fn commit(&self, batch: Batch) -> Result<(), CommitError> {
        self.work.lock().unwrap().commits.push(batch.len());
        let store = self.reachable()?;
        let Some(is_after) = self.last() else { return store.commit(batch).await };
        self.store_is_away(true);
        if is_after {
            store.commit(batch).await?;
        }
        Err(StoreError::Unavailable("the process has ended".into()).into())
    }

    async fn sweep(&self, now: Timestamp, failures_kept: u64) -> Result<u64, StoreError> {
        self.reachable()?.sweep(now, failures_kept).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.reachable()?.ping().await
    }
}

#[async_trait]
impl PasswordHasher for RecordingStore {
    fn has_room(&self, client: Option<LimitKey>) -> Result<(), HashError> {
        self.hasher.has_room(client)
    }

    async fn hash(
        &self,
        client: Option<LimitKey>,
        password: &Password,
        salt: [u8; 16],
    ) -> Result<PasswordHash, HashError> {
        self.work.lock().unwrap().hashes += 1;
        self.hasher.hash(client, password, salt).await
    }

    async fn verify(
        &self,
        client: Option<LimitKey>,
        password: &Password,
        hash: Option<&PasswordHash>,
    ) -> Result<bool, HashError> {
        self.work.lock().unwrap().hashes += 1;
        self.hasher.verify(client, password, hash).await
    }

    fn check(&self, hash: &PasswordHash) -> Result<(), HashError> {
        self.hasher.check(hash)
    }

    fn is_outdated(&self, hash: &PasswordHash) -> bool {
        self.hasher.is_outdated(hash)
    }
}

impl Render for RecordingStore {
    fn mail(
        &self,
        kind: MessageKind,
        realm: &RealmName,
        recipient: &Recipient,
        links: &Links,
        now: Timestamp,
    ) -> Result<Mail, Cause> {
        self.work.lock().unwrap().renders += 1;
        self.render.mail(kind, realm, recipient, links, now)
    }

    fn code(&self, realm: &RealmName, code: &str, lifetime: Duration, now: Timestamp) -> Result<String, Cause> {
        self.work.lock().unwrap().renders += 1;
        self.render.code(realm, code, lifetime, now)
    }
}
