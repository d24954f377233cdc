//! Seals the audit trail under a lease, and removes old rows.

use std::time::{Duration, Instant};

use metrics::counter;
use portcullis_core::service::SealedCount;
use tokio::{sync::watch, time::interval};

use super::{Worker, cause, tick};
use crate::metrics::{AUDIT_BLOCKS, AUDIT_ROWS};

/// Interval at which whole blocks are sealed. Remaining rows are sealed less often.
const SEAL_INTERVAL: Duration = Duration::from_secs(10);
/// Maximum time before the remaining rows are sealed.
const MAX_WAIT: Duration = Duration::from_secs(60);
/// Lease of the sealing server. If it crashes, another one takes over in time to seal each row within 90 s.
const LEASE: Duration = Duration::from_secs(20);
/// Interval at which old rows are removed.
const PRUNE_INTERVAL: Duration = Duration::from_secs(3600);

impl Worker {
    /// Seals all pending rows and removes old ones, unless another server does.
    pub(crate) async fn seal_audit(&self) -> Result<(), portcullis_core::Error> {
        self.seal_leased(true, true).await.map(drop)
    }

    async fn seal_rows(&self, all: bool) -> Result<(), portcullis_core::Error> {
        let SealedCount { blocks, rows } = self.service.sealing(&self.ctx()).seal(all).await?;
        counter!(AUDIT_BLOCKS).increment(blocks);
        counter!(AUDIT_ROWS).increment(rows);
        Ok(())
    }

    /// Seals until the stop signal. Intervals do not depend on the system clock, which may be changed.
    pub(super) async fn seal_until(self, mut stopped: watch::Receiver<bool>) {
        let mut ticks = interval(SEAL_INTERVAL);
        let (mut sealed_at, mut pruned_at): (Option<Instant>, Option<Instant>) = (None, None);
        let mut has_failed = false;
        while tick(&mut ticks, &mut stopped).await {
            let is_due =
                |at: Option<Instant>, every: Duration| at.is_none_or(|at| at.elapsed() + SEAL_INTERVAL / 2 >= every);
            let all = is_due(sealed_at, MAX_WAIT);
            let prune = is_due(pruned_at, PRUNE_INTERVAL);
            match self.seal_leased(all, prune).await {
                Ok(is_mine) => {
                    // A server that takes over the lease immediately seals the pending rows.
                    sealed_at = if !is_mine {
                        None
                    } else if all {
                        Some(Instant::now())
                    } else {
                        sealed_at
                    };
                    pruned_at = if is_mine && prune { Some(Instant::now()) } else { pruned_at };
                    if std::mem::take(&mut has_failed) {
                        tracing::info!("audit trail is sealed again");
                    }
                }
                Err(error) => {
                    if !std::mem::replace(&mut has_failed, true) {
                        tracing::warn!(error = error.code(), cause = cause(&error), "audit trail not sealed");
                    }
                }
            }
        }
    }

    /// Seals and prunes unless another server does. Returns whether this server did.
    async fn seal_leased(&self, all: bool, prune: bool) -> Result<bool, portcullis_core::Error> {
        if !self.service.upkeep().take_job("seal", self.clock.now(), LEASE).await? {
            return Ok(false);
        }
        self.seal_rows(all).await?;
        if prune {
            self.service.sealing(&self.ctx()).prune().await?;
        }
        Ok(true)
    }
}
