//! Servers of a deployment, and the leases that distribute their background work. Both are records of the
//! administrators' realm. They contain no personal data and are stored unencrypted.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    clock::Timestamp,
    id::{NodeId, RealmName},
    record::{RecordKind, RecordRow},
    seal::Sealed,
};

/// Maximum clock skew between a server and the store for which leases and lifetimes are reliable.
pub const CLOCK_TOLERANCE: Duration = Duration::from_secs(2);
/// Maximum lease of a background task.
const MAX_LEASE: Duration = Duration::from_secs(300);
/// How long the status of a stopped server is kept.
const KEPT: Duration = Duration::from_secs(180);

/// Status of a running server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    pub id: String,
    pub version: String,
    /// Database schema version supported by the server.
    pub schema: u32,
    started_at: i64,
    seen_at: i64,
    /// Replication lag of the change log, in milliseconds.
    pub lag_ms: Option<u64>,
    /// Whether Redis is currently in use. `None` if it is not configured.
    pub redis: Option<bool>,
}

impl Node {
    /// Creates the status of a starting server.
    #[must_use]
    pub fn new(id: &NodeId, version: &str, schema: u32, now: Timestamp) -> Self {
        let (id, version, now) = (id.as_str().to_owned(), version.to_owned(), now.millis());
        Self { id, version, schema, started_at: now, seen_at: now, lag_ms: None, redis: None }
    }

    /// Returns the time at which the server started.
    #[must_use]
    pub const fn started_at(&self) -> Timestamp {
        Timestamp::from_millis(self.started_at)
    }

    /// Returns the time at which the status was last written.
    #[must_use]
    pub const fn seen_at(&self) -> Timestamp {
        Timestamp::from_millis(self.seen_at)
    }

    /// Updates the time and the state of the server.
    pub fn update(&mut self, now: Timestamp, lag: Option<Duration>, redis: Option<bool>) {
        self.seen_at = now.millis();
        self.lag_ms = lag.map(|lag| u64::try_from(lag.as_millis()).unwrap_or(u64::MAX));
        self.redis = redis;
    }

    pub(crate) fn to_row(&self, revision: u64) -> RecordRow {
        let body = serde_json::to_vec(self).unwrap_or_default();
        row(RecordKind::Node, &self.id, self.seen_at().plus(KEPT), revision, body)
    }

    pub(crate) fn from_row(row: &RecordRow) -> Option<Self> {
        serde_json::from_slice(row.body.as_bytes()).ok()
    }
}

/// Lease of one server for a background task.
#[derive(Debug)]
pub(crate) struct JobLease<'a> {
    pub(crate) job: &'static str,
    pub(crate) holder: &'a NodeId,
    pub(crate) expires_at: Timestamp,
}

impl JobLease<'_> {
    pub(crate) fn to_row(&self, revision: u64) -> RecordRow {
        row(RecordKind::Lease, self.job, self.expires_at, revision, self.holder.as_str().as_bytes().to_vec())
    }

    /// Returns whether this server may replace the stored lease.
    pub(crate) fn may_replace(&self, stored: &RecordRow, now: Timestamp) -> bool {
        let is_over = stored.expires_at.is_none_or(|expires_at| expires_at <= now);
        // The stored lease ends later than the maximum: the clock was set back, and its holder may be gone.
        let is_ahead = stored.expires_at.is_some_and(|expires_at| expires_at > now.plus(MAX_LEASE));
        is_over || is_ahead || stored.body.as_bytes() == self.holder.as_str().as_bytes()
    }
}

fn row(kind: RecordKind, key: &str, expires_at: Timestamp, revision: u64, body: Vec<u8>) -> RecordRow {
    RecordRow {
        realm: RealmName::admin(),
        kind,
        key: key.to_owned(),
        owner: None,
        expires_at: Some(expires_at),
        revision,
        body: Sealed::from_bytes(body),
    }
}
