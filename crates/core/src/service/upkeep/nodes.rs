//! Server status, leases of background tasks, and the clock of the store.

use std::{sync::atomic::Ordering, time::Duration};

use super::Upkeep;
use crate::{
    batch,
    clock::{Clock, Timestamp},
    error::Result,
    id::{NodeId, RealmName},
    node::{JobLease, Node},
    port::{CommitError, Precondition, RecordOp},
    record::{RecordKind, RecordRow},
};

/// Maximum number of servers listed.
const NODES: usize = 1000;

impl Upkeep<'_> {
    /// Returns the identifier of this server.
    #[must_use]
    pub const fn node(&self) -> &NodeId {
        &self.kernel().settings.node
    }

    /// Writes the status of this server, replacing the one at this revision. Revision 0 creates it. Returns the new
    /// revision. The result shows whether the store is writable.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails. The server is not ready until a write succeeds.
    pub async fn write_node(&self, node: &Node, revision: u64) -> Result<u64> {
        Ok(self.put_node(node, revision).await?)
    }

    /// Returns whether the last write succeeded.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        self.kernel().is_writable.load(Ordering::Relaxed)
    }

    async fn put_node(&self, node: &Node, revision: u64) -> Result<u64, CommitError> {
        let next = revision + 1;
        if revision > 0 && self.put(RecordOp::Replace(node.to_row(next))).await? {
            return Ok(next);
        }
        // This is the first status, or the first after a pause in which it expired. If both preconditions fail, an
        // earlier write has succeeded although its response was lost: the next revision follows it.
        if self.put(RecordOp::Insert(node.to_row(1))).await? { Ok(1) } else { Ok(next) }
    }

    /// Removes the status of this server when it stops.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails. The status then expires.
    pub async fn remove_node(&self) -> Result<()> {
        let (realm, key) = (RealmName::admin(), self.node().as_str().to_owned());
        self.put(RecordOp::Delete { realm, kind: RecordKind::Node, key, revision: None }).await?;
        Ok(())
    }

    /// Returns the status of the servers that were seen within this time.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails.
    pub async fn nodes(&self, now: Timestamp, within: Duration) -> Result<Vec<Node>> {
        let rows = self.kernel().ports.store.records_page(&RealmName::admin(), RecordKind::Node, "", NODES).await?;
        let nodes = rows.iter().filter_map(Node::from_row);
        Ok(nodes.filter(|node| now.since(node.seen_at()) <= within).collect())
    }

    /// Takes the lease of a background task, or extends it if this server holds it. Returns whether this server
    /// should run the task.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails.
    pub async fn take_job(&self, job: &'static str, now: Timestamp, time: Duration) -> Result<bool> {
        let lease = JobLease { job, holder: self.node(), expires_at: now.plus(time) };
        let stored: Option<RecordRow> =
            self.kernel().ports.store.record(&RealmName::admin(), RecordKind::Lease, job).await?;
        let op = match stored {
            None => RecordOp::Insert(lease.to_row(1)),
            Some(row) if lease.may_replace(&row, now) => RecordOp::Replace(lease.to_row(row.revision + 1)),
            Some(_) => return Ok(false),
        };
        Ok(self.put(op).await?)
    }

    /// Returns the minimum difference between this clock and the store's clock, or `None` if the store has no clock
    /// of its own.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails.
    pub async fn clock_skew(&self, clock: &dyn Clock) -> Result<Option<Duration>> {
        let before = clock.now();
        let Some(theirs) = self.kernel().ports.store.clock().await? else { return Ok(None) };
        // Read at some moment between the two.
        Ok(Some(before.since(theirs).max(theirs.since(clock.now()))))
    }

    /// Commits a write. Returns `false` if another server was faster.
    async fn put(&self, op: RecordOp) -> Result<bool, CommitError> {
        let lost = [Precondition::RecordFree, Precondition::RecordRevision];
        self.kernel().commit_unless(batch![op], &lost).await
    }
}
