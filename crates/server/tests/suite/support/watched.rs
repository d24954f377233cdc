//! The store and the hasher of the application, counted; the store can be taken away.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use portcullis_core::{
    account::{
        Registration, User,
        password::{Password, PasswordHash},
    },
    clock::Timestamp,
    id::{ChallengeId, RealmName, SessionId, UserId},
    limit::{FailedAttempts, LimitKey, SlidingWindow},
    link::Challenge,
    message::{
        Channel,
        outbox::{Claimed, Lease},
    },
    port::{Batch, CommitError, HashError, OutboxState, PasswordHasher, RootKeyRow, SigningKeyRow, Store, StoreError},
    seal::BlindIndex,
    service::Ports,
    session::{LogPosition, Revocation, Session},
};

/// What was done so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Work {
    pub hashes: usize,
    pub reads: usize,
    /// How many operations each commit had.
    pub commits: Vec<usize>,
}

#[derive(Debug)]
pub struct Watched {
    store: Arc<dyn Store>,
    hasher: Arc<dyn PasswordHasher>,
    work: Mutex<Work>,
    is_away: AtomicBool,
}

impl Watched {
    pub fn new(ports: &Ports) -> Self {
        let (store, hasher) = (Arc::clone(&ports.store), Arc::clone(&ports.hasher));
        Self { store, hasher, work: Mutex::default(), is_away: AtomicBool::new(false) }
    }

    /// What was done since it was asked last.
    pub fn take(&self) -> Work {
        std::mem::take(&mut self.work.lock().unwrap())
    }

    /// Takes the store away, or gives it back.
    pub fn store_is_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::SeqCst);
    }

    fn there(&self) -> Result<(), StoreError> {
        if self.is_away.load(Ordering::SeqCst) { Err(StoreError::Unavailable("taken away".into())) } else { Ok(()) }
    }

    fn read(&self) -> Result<&dyn Store, StoreError> {
        self.work.lock().unwrap().reads += 1;
        self.there().map(|()| &*self.store)
    }
}

#[async_trait]
impl Store for Watched {
    async fn commit(&self, batch: Batch) -> Result<(), CommitError> {
        self.work.lock().unwrap().commits.push(batch.len());
        self.there()?;
        self.store.commit(batch).await
    }

    async fn claim(&self, channel: Channel, limit: usize, lease: &Lease) -> Result<Vec<Claimed>, StoreError> {
        self.there()?;
        self.store.claim(channel, limit, lease).await
    }

    async fn sweep(&self, now: Timestamp, failures_kept: u64) -> Result<u64, StoreError> {
        self.there()?;
        self.store.sweep(now, failures_kept).await
    }

    async fn root_keys(&self) -> Result<Vec<RootKeyRow>, StoreError> {
        self.read()?.root_keys().await
    }

    async fn signing_keys(&self) -> Result<Vec<SigningKeyRow>, StoreError> {
        self.read()?.signing_keys().await
    }

    async fn by_index(
        &self,
        realm: &RealmName,
        index: BlindIndex,
    ) -> Result<(Option<User>, Option<Registration>), StoreError> {
        self.read()?.by_index(realm, index).await
    }

    async fn user(&self, realm: &RealmName, id: &UserId) -> Result<Option<User>, StoreError> {
        self.read()?.user(realm, id).await
    }

    async fn registration(&self, realm: &RealmName, id: &UserId) -> Result<Option<Registration>, StoreError> {
        self.read()?.registration(realm, id).await
    }

    async fn challenge(&self, realm: &RealmName, id: ChallengeId) -> Result<Option<Challenge>, StoreError> {
        self.read()?.challenge(realm, id).await
    }

    async fn session(&self, realm: &RealmName, id: &SessionId) -> Result<Option<Session>, StoreError> {
        self.read()?.session(realm, id).await
    }

    async fn failures(&self, key: LimitKey) -> Result<FailedAttempts, StoreError> {
        self.read()?.failures(key).await
    }

    async fn tally(&self, key: LimitKey) -> Result<SlidingWindow, StoreError> {
        self.read()?.tally(key).await
    }

    async fn revocations_after(&self, position: LogPosition) -> Result<(Vec<Revocation>, LogPosition), StoreError> {
        self.read()?.revocations_after(position).await
    }

    async fn outbox_state(&self, now: Timestamp) -> Result<OutboxState, StoreError> {
        self.read()?.outbox_state(now).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.there()?;
        self.store.ping().await
    }
}

#[async_trait]
impl PasswordHasher for Watched {
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
