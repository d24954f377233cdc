//! The store, watched.

use std::{sync::Arc, time::Instant};

use async_trait::async_trait;
use metrics::histogram;
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

use super::{names::STORE_DURATION, since};

#[derive(Debug)]
struct Watched(Arc<dyn Store>);

pub(super) fn watched(store: Arc<dyn Store>) -> Arc<dyn Store> {
    Arc::new(Watched(store))
}

const fn outcome(error: &StoreError) -> &'static str {
    match error {
        StoreError::Unavailable(_) => "away",
        StoreError::Broken(_) => "broken",
    }
}

async fn timed<T>(operation: &'static str, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let begun = Instant::now();
    let result = work.await;
    let outcome = result.as_ref().map_or_else(outcome, |_| "ok");
    histogram!(STORE_DURATION, "operation" => operation, "outcome" => outcome).record(since(begun));
    result
}

#[async_trait]
impl Store for Watched {
    async fn commit(&self, batch: Batch) -> Result<(), CommitError> {
        let begun = Instant::now();
        let result = self.0.commit(batch).await;
        let outcome = match &result {
            Ok(()) => "ok",
            Err(CommitError::Failed(_)) => "failed",
            Err(CommitError::Store(error)) => outcome(error),
        };
        histogram!(STORE_DURATION, "operation" => "commit", "outcome" => outcome).record(since(begun));
        result
    }

    async fn sweep(&self, now: Timestamp, failures_kept: u64) -> Result<u64, StoreError> {
        timed("sweep", self.0.sweep(now, failures_kept)).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        timed("ping", self.0.ping()).await
    }
}

#[async_trait]
impl Outbox for Watched {
    async fn claim(&self, channel: Channel, limit: usize, lease: &Lease) -> Result<Vec<Claimed>, StoreError> {
        timed("claim", self.0.claim(channel, limit, lease)).await
    }

    async fn outbox_state(&self, now: Timestamp) -> Result<OutboxState, StoreError> {
        timed("outbox_state", self.0.outbox_state(now)).await
    }
}

#[async_trait]
impl Keys for Watched {
    async fn root_keys(&self) -> Result<Vec<RootKeyRow>, StoreError> {
        timed("root_keys", self.0.root_keys()).await
    }

    async fn signing_keys(&self) -> Result<Vec<SigningKeyRow>, StoreError> {
        timed("signing_keys", self.0.signing_keys()).await
    }
}

#[async_trait]
impl Users for Watched {
    async fn at_address(&self, realm: &RealmName, index: BlindIndex) -> Result<AddressState, StoreError> {
        timed("by_index", self.0.at_address(realm, index)).await
    }

    async fn user(&self, realm: &RealmName, id: &UserId) -> Result<Option<User>, StoreError> {
        timed("user", self.0.user(realm, id)).await
    }
}

#[async_trait]
impl Registrations for Watched {
    async fn registration(&self, realm: &RealmName, id: &UserId) -> Result<Option<Registration>, StoreError> {
        timed("registration", self.0.registration(realm, id)).await
    }
}

#[async_trait]
impl Challenges for Watched {
    async fn challenge(&self, realm: &RealmName, id: ChallengeId) -> Result<Option<Challenge>, StoreError> {
        timed("challenge", self.0.challenge(realm, id)).await
    }
}

#[async_trait]
impl Sessions for Watched {
    async fn session(&self, realm: &RealmName, id: &SessionId) -> Result<Option<Session>, StoreError> {
        timed("session", self.0.session(realm, id)).await
    }
}

#[async_trait]
impl LimitState for Watched {
    async fn failures(&self, key: LimitKey) -> Result<FailedAttempts, StoreError> {
        timed("failures", self.0.failures(key)).await
    }

    async fn window(&self, key: LimitKey) -> Result<SlidingWindow, StoreError> {
        timed("tally", self.0.window(key)).await
    }
}

#[async_trait]
impl Changes for Watched {
    async fn revocations_after(&self, position: LogPosition) -> Result<(Vec<Revocation>, LogPosition), StoreError> {
        timed("revocations_after", self.0.revocations_after(position)).await
    }
}
