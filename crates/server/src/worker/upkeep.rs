//! Maintenance once a minute: rotates signing keys that are due and deletes expired rows.

use std::time::{Duration, Instant};

use tokio::{sync::watch, time::interval};

use super::{Worker, cause, tick};
use crate::memory;

/// Maintenance interval. Expired rows only take up space and signing keys change monthly, so once a minute is
/// sufficient.
const MAINTENANCE_INTERVAL: Duration = Duration::from_secs(60);
/// How often users are counted.
const COUNT_INTERVAL: Duration = Duration::from_secs(300);

impl Worker {
    /// Rotates signing keys that are due, writes the audit rows of repeated rejections and deletes expired rows.
    /// Returns the number of deleted rows. If one step fails, the others are still executed.
    pub(crate) async fn run_maintenance(&self) -> Result<u64, portcullis_core::Error> {
        let of_process = self.maintain_process().await;
        let counted = self.service.upkeep().count_users(self.clock.now()).await;
        let swept = self.sweep().await;
        of_process.and(counted).and(swept)
    }

    /// Performs the tasks of each process: loads the signing keys, and writes the aggregated rejections.
    async fn maintain_process(&self) -> Result<(), portcullis_core::Error> {
        let renewed = self.service.refresh_signing_keys(&self.ctx()).await;
        let written = self.service.upkeep().write_repetitions(self.clock.now(), false).await;
        renewed.and(written)
    }

    /// Runs the maintenance. Only the server that holds the lease deletes expired rows.
    async fn run_leased_maintenance(&self) -> Result<u64, portcullis_core::Error> {
        let of_process = self.maintain_process().await;
        let taken = self.service.upkeep().take_job("sweep", self.clock.now(), MAINTENANCE_INTERVAL).await;
        let swept = match taken {
            Ok(true) => self.sweep().await,
            Ok(false) => Ok(0),
            Err(error) => Err(error),
        };
        of_process.and(swept)
    }

    /// Counts the users, if this server holds the lease.
    async fn count_leased(&self) {
        let (upkeep, now) = (self.service.upkeep(), self.clock.now());
        let counted = match upkeep.take_job("count", now, COUNT_INTERVAL).await {
            Ok(true) => upkeep.count_users(now).await,
            other => other.map(drop),
        };
        if let Err(error) = counted {
            tracing::warn!(error = error.code(), cause = cause(&error), "users not counted");
        }
    }

    /// Runs the maintenance until the stop signal.
    pub(super) async fn maintain_until(self, mut stopped: watch::Receiver<bool>) {
        let mut ticks = interval(MAINTENANCE_INTERVAL);
        let mut counted_at: Option<Instant> = None;
        while tick(&mut ticks, &mut stopped).await {
            match self.run_leased_maintenance().await {
                Ok(0) => {}
                Ok(swept) => tracing::debug!(swept, "expired rows deleted"),
                Err(error) => {
                    let cause = cause(&error);
                    tracing::error!(
                        error = error.code(),
                        cause,
                        "signing key rotation or deletion of expired rows failed"
                    );
                }
            }
            if counted_at.is_none_or(|at| at.elapsed() + MAINTENANCE_INTERVAL / 2 >= COUNT_INTERVAL) {
                self.count_leased().await;
                counted_at = Some(Instant::now());
            }
            // Memory used by a burst of requests is free by now.
            drop(tokio::task::spawn_blocking(memory::give_back));
        }
    }

    /// Writes the audit rows of all repeated rejections before the process exits.
    pub(super) async fn write_last_repetitions(&self) {
        if let Err(error) = self.service.upkeep().write_repetitions(self.clock.now(), true).await {
            tracing::error!(
                error = error.code(),
                cause = cause(&error),
                "repeated rejections not written to audit trail"
            );
        }
    }

    /// Deletes expired rows in short steps, so that concurrent writes do not wait.
    async fn sweep(&self) -> Result<u64, portcullis_core::Error> {
        let mut all = 0;
        loop {
            match self.service.upkeep().sweep(self.clock.now()).await? {
                0 => return Ok(all),
                swept => all += swept,
            }
        }
    }
}
