//! Several nodes over one MongoDB: what one process may keep in order by itself, many must keep in order by the database.

use std::{
    ops::Deref,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use portcullis_backends::mongodb::{MongoStore, Settings};
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
    port::{Batch, CommitError, OutboxState, RootKeyRow, SigningKeyRow, Store, StoreError},
    seal::BlindIndex,
    session::{LogPosition, Revocation, Session},
    suite::rows::{NOW, here, there},
};

use super::mongod::TestDatabase;

/// Each call goes to the next node.
#[derive(Debug)]
struct Nodes {
    nodes: Vec<MongoStore>,
    turn: AtomicUsize,
}

impl Nodes {
    fn next(&self) -> &MongoStore {
        &self.nodes[self.turn.fetch_add(1, Ordering::Relaxed) % self.nodes.len()]
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
    };
    let mut nodes = Vec::new();
    for _ in 0..4 {
        nodes.push(MongoStore::open(&settings, NOW).await.expect("the database should open"));
    }
    Fresh { nodes: Nodes { nodes, turn: AtomicUsize::new(0) }, _database: database }
}

portcullis_core::store_suite!(make);

#[async_trait]
impl Store for Nodes {
    async fn commit(&self, batch: Batch) -> Result<(), CommitError> {
        self.next().commit(batch).await
    }

    async fn claim(&self, channel: Channel, limit: usize, lease: &Lease) -> Result<Vec<Claimed>, StoreError> {
        self.next().claim(channel, limit, lease).await
    }

    async fn sweep(&self, now: Timestamp, failures_kept: u64) -> Result<u64, StoreError> {
        self.next().sweep(now, failures_kept).await
    }

    async fn root_keys(&self) -> Result<Vec<RootKeyRow>, StoreError> {
        self.next().root_keys().await
    }

    async fn signing_keys(&self) -> Result<Vec<SigningKeyRow>, StoreError> {
        self.next().signing_keys().await
    }

    async fn by_index(
        &self,
        realm: &RealmName,
        index: BlindIndex,
    ) -> Result<(Option<User>, Option<Registration>), StoreError> {
        self.next().by_index(realm, index).await
    }

    async fn user(&self, realm: &RealmName, id: &UserId) -> Result<Option<User>, StoreError> {
        self.next().user(realm, id).await
    }

    async fn registration(&self, realm: &RealmName, id: &UserId) -> Result<Option<Registration>, StoreError> {
        self.next().registration(realm, id).await
    }

    async fn challenge(&self, realm: &RealmName, id: ChallengeId) -> Result<Option<Challenge>, StoreError> {
        self.next().challenge(realm, id).await
    }

    async fn session(&self, realm: &RealmName, id: &SessionId) -> Result<Option<Session>, StoreError> {
        self.next().session(realm, id).await
    }

    async fn failures(&self, key: LimitKey) -> Result<FailedAttempts, StoreError> {
        self.next().failures(key).await
    }

    async fn tally(&self, key: LimitKey) -> Result<SlidingWindow, StoreError> {
        self.next().tally(key).await
    }

    async fn revocations_after(&self, position: LogPosition) -> Result<(Vec<Revocation>, LogPosition), StoreError> {
        self.next().revocations_after(position).await
    }

    async fn outbox_state(&self, now: Timestamp) -> Result<OutboxState, StoreError> {
        self.next().outbox_state(now).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.next().ping().await
    }
}
