//! The store in a MongoDB replica set.

mod batch;
mod connect;
mod migrate;
mod orphans;
mod outage;
mod outbox;
mod plans;

use std::{
    future::Future,
    ops::Deref,
    sync::Arc,
    time::{Duration, Instant},
};

use mongodb::{Collection, bson::Document};
use portcullis_backends::mongodb::{MongoStore, Settings};
use portcullis_core::{
    batch,
    port::{CommitError, Op, SessionOp, StoreError},
    random::OsRandom,
    suite::rows::{NOW, here, revocation, session, there},
};

use super::mongod::TestDatabase;

/// A store in a database of its own, which goes with it.
struct Fresh {
    store: MongoStore,
    database: TestDatabase,
}

impl Deref for Fresh {
    type Target = MongoStore;

    fn deref(&self) -> &MongoStore {
        &self.store
    }
}

impl Fresh {
    /// What lies in it.
    async fn documents(&self, of: &str) -> Collection<Document> {
        self.database.db().await.collection(of)
    }
}

/// As the program has it.
const TIMEOUT: Duration = Duration::from_millis(1500);
/// So soon it is said that the database is away.
const SOON: Duration = Duration::from_secs(2);

fn settings(url: &str) -> Settings {
    Settings { url: url.into(), realms: vec![here(), there()], timeout: TIMEOUT, patience: Duration::ZERO }
}

async fn open(url: &str) -> MongoStore {
    MongoStore::open(&settings(url), NOW, Arc::new(OsRandom)).await.expect("the database should open")
}

async fn make() -> Fresh {
    let database = TestDatabase::new().await;
    let patient = Settings { timeout: Duration::from_secs(10), ..settings(&database.url) };
    let store = MongoStore::open(&patient, NOW, Arc::new(OsRandom)).await.expect("the database should open");
    Fresh { store, database }
}

portcullis_core::store_suite!(make);

/// Whether the store said that it is away.
fn is_away<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Unavailable(_)))
}

/// Whether the batch was committed; where it was not, the store must have been away.
fn is_done(result: Result<(), CommitError>) -> bool {
    match result {
        Ok(()) => true,
        Err(CommitError::Store(StoreError::Unavailable(_))) => false,
        Err(error) => panic!("{error:?}"),
    }
}

/// Waits until it holds; how long that took.
async fn until<F: Future<Output = bool>>(what: &str, patience: Duration, mut holds: impl FnMut() -> F) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < patience, "{what}: not within {patience:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Two documents that belong together: a session, and the end of another in the log.
fn pair(name: &str) -> Vec<Op> {
    let (stays, ends) = (name.to_owned(), format!("{name}-ends"));
    batch![
        SessionOp::Insert(session(&here(), &stays)),
        SessionOp::Insert(session(&here(), &ends)),
        SessionOp::End(revocation(&here(), &ends)),
    ]
}
