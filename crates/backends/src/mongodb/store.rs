//! The store: connection, time limit, and operations that belong to no kind of object.

use std::{
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use mongodb::{Client, Database, bson::doc};
use portcullis_core::{
    clock::Timestamp,
    port::{Batch, CommitError, Store, StoreError},
    random::Random,
};

use super::{
    batch::{self, Task},
    collections,
    connect::{Settings, connect},
    error::{OpError, OpenError},
    key_locks::KeyLocks,
    migrate,
    orphans::Orphans,
};
use crate::timing::timed;

/// The MongoDB store.
#[derive(Debug, Clone)]
pub struct MongoStore {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    client: Client,
    db: Database,
    timeout: Duration,
    random: Arc<dyn Random>,
    orphans: Orphans,
    key_locks: KeyLocks,
}

impl MongoStore {
    /// Opens a database, creates missing collections and indexes, and migrates it.
    ///
    /// The future is boxed, so that the driver's code is compiled in this crate and not again in each crate that
    /// awaits it.
    ///
    /// # Errors
    /// Returns [`OpenError`] if the database cannot be used.
    #[must_use]
    pub fn open(
        settings: &Settings,
        now: Timestamp,
        random: Arc<dyn Random>,
    ) -> Pin<Box<dyn Future<Output = Result<Self, OpenError>> + Send + '_>> {
        Box::pin(async move {
            let (client, db) = connect(settings, now).await?;
            migrate::advance(&db, &settings.realms, now).await?;
            Ok(Self::of(settings, client, db, random))
        })
    }

    /// Opens a database that servers may be using. Creates it if it is new, but migrates nothing.
    ///
    /// # Errors
    /// Returns [`OpenError`] if the database cannot be used or has an older schema.
    #[must_use]
    pub fn open_beside(
        settings: &Settings,
        now: Timestamp,
        random: Arc<dyn Random>,
    ) -> Pin<Box<dyn Future<Output = Result<Self, OpenError>> + Send + '_>> {
        Box::pin(async move {
            let (client, db) = connect(settings, now).await?;
            migrate::create_if_new(&db, &settings.realms, now).await?;
            Ok(Self::of(settings, client, db, random))
        })
    }

    fn of(settings: &Settings, client: Client, db: Database, random: Arc<dyn Random>) -> Self {
        let (orphans, key_locks) = (Orphans::default(), KeyLocks::default());
        let shared = Shared { client, db, timeout: settings.timeout, random, orphans, key_locks };
        Self { shared: Arc::new(shared) }
    }

    /// Runs an operation with the time limit, and records its duration under this name.
    pub(super) async fn answer<T>(
        &self,
        name: &'static str,
        work: impl Future<Output = Result<T, OpError>>,
    ) -> Result<T, StoreError> {
        timed(name, self.shared.answer(work)).await
    }

    /// Assigns positions to the new entries of the change log, if there are any.
    pub(super) async fn number_changes(&self) -> Result<(), StoreError> {
        let numbering = async {
            if self.shared.answer(collections::has_unnumbered(self.db())).await? {
                let now = Instant::now();
                self.shared.run(Task::NumberChanges, now, now).await?;
            }
            Ok(())
        };
        timed("number_changes", numbering).await
    }

    pub(super) fn db(&self) -> &Database {
        &self.shared.db
    }
}

impl Shared {
    async fn answer<T>(&self, work: impl Future<Output = Result<T, OpError>>) -> Result<T, StoreError> {
        Ok(self.in_time(work).await??)
    }

    async fn in_time<T>(&self, work: impl Future<Output = T>) -> Result<T, StoreError> {
        tokio::time::timeout(self.timeout, work).await.map_err(|_| OpError::Late(self.timeout).into())
    }

    async fn commit(&self, batch: &Batch) -> Result<(), CommitError> {
        let permit = self.key_locks.lock(batch, self.timeout).await?;
        let done = self.run(Task::Apply(batch), permit.begun, permit.since).await;
        if matches!(done, Ok(()) | Err(OpError::Failed(_))) {
            self.key_locks.record_answer();
        }
        Ok(done?)
    }

    async fn run(&self, task: Task<'_>, begun: Instant, since: Instant) -> Result<(), OpError> {
        let deadline = batch::Deadline { begun, since, limit: self.timeout, locks: &self.key_locks };
        batch::commit(&self.client, &self.db, &self.orphans, &*self.random, task, deadline).await
    }

    async fn sweep(&self, now: Timestamp, failures_kept: u64) -> Result<u64, StoreError> {
        self.answer(collections::set_ends(&self.db, now)).await?;
        let mut swept = 0;
        for (collection, expired) in collections::expired(now) {
            swept += self.answer(collections::sweep(&self.db, collection, expired)).await?;
        }
        Ok(swept + self.answer(collections::trim_failures(&self.db, failures_kept)).await?)
    }
}

#[async_trait]
impl Store for MongoStore {
    /// Completes a commit that has started, even if its caller stops waiting.
    async fn commit(&self, batch: Batch) -> Result<(), CommitError> {
        let shared = Arc::clone(&self.shared);
        let commit = async {
            let committed = tokio::spawn(async move { shared.commit(&batch).await }).await;
            committed.unwrap_or_else(|error| Err(StoreError::Broken(error.into()).into()))
        };
        timed("commit", commit).await
    }

    /// Removes at most a thousand documents of each kind. A non-zero result means that there may be more.
    async fn sweep(&self, now: Timestamp, failures_kept: u64) -> Result<u64, StoreError> {
        timed("sweep", self.shared.sweep(now, failures_kept)).await
    }

    async fn clock(&self) -> Result<Option<Timestamp>, StoreError> {
        let asked = async {
            let answer = self.db().run_command(doc! { "hello": 1 }).await?;
            Ok(answer.get_datetime("localTime").ok().map(|time| Timestamp::from_millis(time.timestamp_millis())))
        };
        self.answer("clock", asked).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.answer("ping", async { Ok(self.db().run_command(doc! { "ping": 1 }).await.map(drop)?) }).await
    }
}
