//! Tests of the MongoDB store.

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

/// A store with its own database.
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
    /// Returns a collection of the database.
    async fn documents(&self, of: &str) -> Collection<Document> {
        self.database.db().await.collection(of)
    }
}

/// Time limit used in these tests.
const TIMEOUT: Duration = Duration::from_millis(1500);
/// Time within which an unavailable database must be reported.
const SOON: Duration = Duration::from_secs(2);

fn settings(url: &str) -> Settings {
    Settings {
        url: url.into(),
        realms: vec![here(), there()],
        timeout: TIMEOUT,
        patience: Duration::ZERO,
        clock_tolerance: None,
    }
}

async fn open(url: &str) -> MongoStore {
    MongoStore::open(&settings(url), NOW, Arc::new(OsRandom)).await.expect("the database should open")
}

async fn make() -> Fresh {
    on(TestDatabase::new().await).await
}

async fn reuse() -> Fresh {
    on(TestDatabase::reused().await).await
}

async fn on(database: TestDatabase) -> Fresh {
    let patient = Settings { timeout: Duration::from_secs(10), ..settings(&database.url) };
    let store = MongoStore::open(&patient, NOW, Arc::new(OsRandom)).await.expect("the database should open");
    Fresh { store, database }
}

portcullis_core::store_suite!(reuse);

/// Returns whether the store reported that it is unavailable.
fn is_away<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Unavailable(_)))
}

/// Returns whether the batch was committed. The only accepted failure is an unavailable store.
fn is_done(result: Result<(), CommitError>) -> bool {
    match result {
        Ok(()) => true,
        Err(CommitError::Store(StoreError::Unavailable(_))) => false,
        Err(error) => panic!("{error:?}"),
    }
}

/// Waits until a condition holds, and returns how long that took.
async fn until<F: Future<Output = bool>>(what: &str, patience: Duration, mut holds: impl FnMut() -> F) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < patience, "{what}: not within {patience:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Two documents that belong together: a session, and the revocation of another one.
fn pair(name: &str) -> Vec<Op> {
    let (stays, ends) = (name.to_owned(), format!("{name}-ends"));
    batch![
        SessionOp::Insert(session(&here(), &stays)),
        SessionOp::Insert(session(&here(), &ends)),
        SessionOp::End(revocation(&here(), &ends)),
    ]
}
