//! The port, filled.

use std::{future::Future, sync::Arc, time::Duration};

use async_trait::async_trait;
use mongodb::{Client, Database, bson::doc};
use portcullis_core::{
    account::{Registration, User},
    clock::Timestamp,
    id::{ChallengeId, RealmName, SessionId, UserId},
    limit::{FailedAttempts, LimitKey, SlidingWindow},
    link::Challenge,
    message::{
        Channel,
        outbox::{Claimed, Lease},
    },
    port::{
        AddressState, Batch, Challenges, Changes, CommitError, Keys, LimitState, Outbox, OutboxState, Registrations,
        RootKeyRow, Sessions, SigningKeyRow, Store, StoreError, Users,
    },
    seal::BlindIndex,
    session::{LogPosition, Revocation, Session},
};

use super::{
    batch,
    collections::{
        self, challenges, limits, outbox, registrations, revocations, root_keys, sessions, signing_keys, users,
    },
    connect::{Settings, connect},
    error::{OpError, OpenError},
    key_locks::KeyLocks,
    migrate,
    orphans::Orphans,
};

/// The store in a MongoDB replica set.
#[derive(Debug, Clone)]
pub struct MongoStore {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    client: Client,
    db: Database,
    timeout: Duration,
    orphans: Orphans,
    turns: KeyLocks,
}

impl MongoStore {
    /// Opens a database, making what is missing in it and bringing it up to date.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(settings: &Settings, now: Timestamp) -> Result<Self, OpenError> {
        let (client, db) = connect(settings, now).await?;
        migrate::advance(&db, &settings.realms, now).await?;
        let (orphans, turns) = (Orphans::default(), KeyLocks::default());
        Ok(Self { shared: Arc::new(Shared { client, db, timeout: settings.timeout, orphans, turns }) })
    }

    /// What comes of this work, when it comes in time.
    async fn answer<T>(&self, work: impl Future<Output = Result<T, OpError>>) -> Result<T, StoreError> {
        Ok(self.shared.in_time(work).await??)
    }

    fn db(&self) -> &Database {
        &self.shared.db
    }
}

impl Shared {
    async fn in_time<T>(&self, work: impl Future<Output = T>) -> Result<T, StoreError> {
        let late = |_| StoreError::Unavailable(format!("no answer within {:?}", self.timeout).into());
        tokio::time::timeout(self.timeout, work).await.map_err(late)
    }

    async fn commit(&self, batch: &Batch) -> Result<(), CommitError> {
        let work = async {
            let _turns = self.turns.wait(batch).await;
            batch::commit(&self.client, &self.db, &self.orphans, batch).await
        };
        Ok(self.in_time(work).await.map_err(CommitError::Store)??)
    }
}

#[async_trait]
impl Store for MongoStore {
    /// Once begun it is gone through with, whether or not somebody still waits for the answer.
    async fn commit(&self, batch: Batch) -> Result<(), CommitError> {
        let shared = Arc::clone(&self.shared);
        let committed = tokio::spawn(async move { shared.commit(&batch).await }).await;
        committed.unwrap_or_else(|error| Err(StoreError::Broken(error.into()).into()))
    }

    /// At most a thousand of each kind: more than nothing means that there may be more.
    async fn sweep(&self, now: Timestamp, failures_kept: u64) -> Result<u64, StoreError> {
        let mut swept = 0;
        for (collection, lapsed) in collections::lapsed(now) {
            swept += self.answer(collections::sweep(self.db(), collection, lapsed)).await?;
        }
        Ok(swept + self.answer(limits::trim_failures(self.db(), failures_kept)).await?)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.answer(async { Ok(self.db().run_command(doc! { "ping": 1 }).await.map(drop)?) }).await
    }
}

#[async_trait]
impl Outbox for MongoStore {
    async fn claim(&self, channel: Channel, limit: usize, lease: &Lease) -> Result<Vec<Claimed>, StoreError> {
        self.answer(outbox::claim(self.db(), channel, limit, lease)).await
    }

    async fn outbox_state(&self, _now: Timestamp) -> Result<OutboxState, StoreError> {
        self.answer(outbox::count(self.db())).await
    }
}

#[async_trait]
impl Keys for MongoStore {
    async fn root_keys(&self) -> Result<Vec<RootKeyRow>, StoreError> {
        self.answer(root_keys::all(self.db())).await
    }

    async fn signing_keys(&self) -> Result<Vec<SigningKeyRow>, StoreError> {
        self.answer(signing_keys::all(self.db())).await
    }
}

#[async_trait]
impl Users for MongoStore {
    async fn at_address(&self, realm: &RealmName, index: BlindIndex) -> Result<AddressState, StoreError> {
        let work = async {
            // In this order, whoever is verified in between is found as the user at the latest, and perhaps as both.
            let registration = registrations::by_index(self.db(), realm, index).await?;
            let user = users::by_index(self.db(), realm, index).await?;
            let is_user = |registration: &Registration| user.as_ref().is_some_and(|user| user.id == registration.id);
            let registration = registration.filter(|registration| !is_user(registration));
            Ok(AddressState { user, registration })
        };
        self.answer(work).await
    }

    async fn user(&self, realm: &RealmName, id: &UserId) -> Result<Option<User>, StoreError> {
        self.answer(users::by_id(self.db(), realm, id)).await
    }
}

#[async_trait]
impl Registrations for MongoStore {
    async fn registration(&self, realm: &RealmName, id: &UserId) -> Result<Option<Registration>, StoreError> {
        self.answer(registrations::by_id(self.db(), realm, id)).await
    }
}

#[async_trait]
impl Challenges for MongoStore {
    async fn challenge(&self, realm: &RealmName, id: ChallengeId) -> Result<Option<Challenge>, StoreError> {
        self.answer(challenges::by_id(self.db(), realm, id)).await
    }
}

#[async_trait]
impl Sessions for MongoStore {
    async fn session(&self, realm: &RealmName, id: &SessionId) -> Result<Option<Session>, StoreError> {
        self.answer(sessions::by_id(self.db(), realm, id)).await
    }
}

#[async_trait]
impl LimitState for MongoStore {
    async fn failures(&self, key: LimitKey) -> Result<FailedAttempts, StoreError> {
        self.answer(limits::failures(self.db(), key)).await
    }

    async fn window(&self, key: LimitKey) -> Result<SlidingWindow, StoreError> {
        self.answer(limits::tally(self.db(), key)).await
    }
}

#[async_trait]
impl Changes for MongoStore {
    async fn revocations_after(&self, position: LogPosition) -> Result<(Vec<Revocation>, LogPosition), StoreError> {
        self.answer(revocations::after(self.db(), position)).await
    }
}
