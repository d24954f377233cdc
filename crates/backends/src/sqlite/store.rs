//! The port, filled: writes go to the one writer, reads to the readers.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use async_trait::async_trait;
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
    connection,
    error::{OpenError, store_error},
    migrate,
    readers::Readers,
    tables::{self, challenges, limits, outbox, registrations, revocations, root_keys, sessions, signing_keys, users},
    writer::Writer,
};

/// The store in one SQLite file.
///
/// Dropped, it waits until what was asked of it is written, and folds the write-ahead log into the file.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    writer: Writer,
    readers: Readers,
}

impl SqliteStore {
    /// Opens a database, making it where it is missing and bringing it up to date. The folder must be there.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(path: &Path, now: Timestamp) -> Result<Self, OpenError> {
        Self::open_with_patience(path, now, connection::PATIENCE)
    }

    /// The same, waiting for so long, and not for five seconds, while another process writes.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open_with_patience(path: &Path, now: Timestamp, patience: Duration) -> Result<Self, OpenError> {
        let path = connection::create(path)?;
        let db = connection::writer(&path, patience)?;
        migrate::advance(&path, &db, now)?;
        let readers = Readers::open(&path, patience)?;
        let writer = Writer::start(db).map_err(OpenError::Thread)?;
        Ok(Self { path, writer, readers })
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        // A reader that is open would keep the log from being folded in.
        self.readers.close();
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn commit(&self, batch: Batch) -> Result<(), CommitError> {
        self.writer.run(move |db| Ok(batch.iter().try_for_each(|op| tables::apply(db, op))?)).await
    }

    /// At most a thousand of each kind, so that commits in between need not wait long: more than nothing means that there
    /// may be more.
    async fn sweep(&self, now: Timestamp, failures_kept: u64) -> Result<u64, StoreError> {
        let mut swept = 0;
        for sweep in tables::SWEEPS {
            swept += self.writer.run(move |db| sweep(db, now).map_err(store_error)).await?;
        }
        Ok(swept + self.writer.run(move |db| limits::trim_failures(db, failures_kept).map_err(store_error)).await?)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        if !self.writer.is_alive() {
            return Err(StoreError::Unavailable("nobody writes to the database".into()));
        }
        self.readers.read(|db| db.query_row("SELECT max(version) FROM migrations", [], |_| Ok(()))).await
    }
}

#[async_trait]
impl Outbox for SqliteStore {
    async fn claim(&self, channel: Channel, limit: usize, lease: &Lease) -> Result<Vec<Claimed>, StoreError> {
        let lease = lease.clone();
        self.writer.run(move |db| outbox::claim(db, channel, limit, &lease).map_err(store_error)).await
    }

    async fn outbox_state(&self, _now: Timestamp) -> Result<OutboxState, StoreError> {
        self.readers.read(outbox::state).await
    }
}

#[async_trait]
impl Keys for SqliteStore {
    async fn root_keys(&self) -> Result<Vec<RootKeyRow>, StoreError> {
        self.readers.read(root_keys::all).await
    }

    async fn signing_keys(&self) -> Result<Vec<SigningKeyRow>, StoreError> {
        self.readers.read(signing_keys::all).await
    }
}

#[async_trait]
impl Users for SqliteStore {
    async fn at_address(&self, realm: &RealmName, index: BlindIndex) -> Result<AddressState, StoreError> {
        let realm = realm.clone();
        let query = move |db: &rusqlite::Connection| {
            let moment = db.unchecked_transaction()?;
            let user = users::by_index(&moment, &realm, index)?;
            Ok(AddressState { user, registration: registrations::by_index(&moment, &realm, index)? })
        };
        self.readers.read(query).await
    }

    async fn user(&self, realm: &RealmName, id: &UserId) -> Result<Option<User>, StoreError> {
        let (realm, id) = (realm.clone(), id.clone());
        self.readers.read(move |db| users::by_id(db, &realm, &id)).await
    }
}

#[async_trait]
impl Registrations for SqliteStore {
    async fn registration(&self, realm: &RealmName, id: &UserId) -> Result<Option<Registration>, StoreError> {
        let (realm, id) = (realm.clone(), id.clone());
        self.readers.read(move |db| registrations::by_id(db, &realm, &id)).await
    }
}

#[async_trait]
impl Challenges for SqliteStore {
    async fn challenge(&self, realm: &RealmName, id: ChallengeId) -> Result<Option<Challenge>, StoreError> {
        let realm = realm.clone();
        self.readers.read(move |db| challenges::by_id(db, &realm, id)).await
    }
}

#[async_trait]
impl Sessions for SqliteStore {
    async fn session(&self, realm: &RealmName, id: &SessionId) -> Result<Option<Session>, StoreError> {
        let (realm, id) = (realm.clone(), id.clone());
        self.readers.read(move |db| sessions::by_id(db, &realm, &id)).await
    }
}

#[async_trait]
impl LimitState for SqliteStore {
    async fn failures(&self, key: LimitKey) -> Result<FailedAttempts, StoreError> {
        self.readers.read(move |db| limits::failures(db, key)).await
    }

    async fn window(&self, key: LimitKey) -> Result<SlidingWindow, StoreError> {
        self.readers.read(move |db| limits::tally(db, key)).await
    }
}

#[async_trait]
impl Changes for SqliteStore {
    async fn revocations_after(&self, position: LogPosition) -> Result<(Vec<Revocation>, LogPosition), StoreError> {
        self.readers.read(move |db| revocations::after(db, position)).await
    }
}
