//! Several nodes with one MongoDB database. Invariants that hold within one process must hold across processes.

use std::{
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use portcullis_backends::mongodb::{MongoStore, Settings};
use portcullis_core::{
    clock::Timestamp,
    forward_store,
    port::{Batch, CommitError, Store, StoreError},
    random::OsRandom,
    suite::rows::{NOW, here, there},
};

use super::mongod::TestDatabase;

/// A store that sends each call to the next node.
#[derive(Debug)]
struct Nodes {
    nodes: Vec<MongoStore>,
    turn: AtomicUsize,
}

impl Nodes {
    fn next(&self) -> &dyn Store {
        &self.nodes[self.turn.fetch_add(1, Ordering::Relaxed) % self.nodes.len()]
    }

    #[allow(clippy::unnecessary_wraps, reason = "the macro forwards to stores that may be unavailable")]
    fn read(&self) -> Result<&dyn Store, StoreError> {
        Ok(self.next())
    }
}

struct Fresh {
    nodes: Nodes,
    _database: TestDatabase,
}

impl Deref for Fresh {
    type Target = Nodes;

    fn deref(&self) -> &Nodes {
        &self.nodes
    }
}

async fn make() -> Fresh {
    let database = TestDatabase::new().await;
    let settings = Settings {
        url: database.url.as_str().into(),
        realms: vec![here(), there()],
        timeout: Duration::from_secs(20),
        patience: Duration::ZERO,
        clock_tolerance: None,
    };
    let mut nodes = Vec::new();
    for _ in 0..4 {
        nodes.push(MongoStore::open(&settings, NOW, Arc::new(OsRandom)).await.expect("the database should open"));
    }
    Fresh { nodes: Nodes { nodes, turn: AtomicUsize::new(0) }, _database: database }
}

portcullis_core::store_suite!(make);

forward_store!(Nodes, read, read);

#[async_trait]
impl Store for Nodes {
    async fn commit(&self, batch: Batch) -> Result<(), CommitError> {
        self.next().commit(batch).await
    }

    async fn sweep(&self, now: Timestamp, failures_kept: u64) -> Result<u64, StoreError> {
        self.next().sweep(now, failures_kept).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.next().ping().await
    }
}
