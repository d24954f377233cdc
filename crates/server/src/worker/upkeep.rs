//! Maintenance once a minute: signing keys that are due, and rows that have expired.

use std::time::Duration;

use tokio::{sync::watch, time::interval};

use super::{Worker, cause, tick};

/// Expired rows only take space, and signing keys change monthly.
const MAINTENANCE_INTERVAL: Duration = Duration::from_secs(60);

impl Worker {
    /// Renews the signing keys that are due, writes the audit rows of repeated refusals and deletes expired rows; returns the
    /// number of deleted rows. Where one fails, the others are still done.
    pub(crate) async fn run_maintenance(&self) -> Result<u64, portcullis_core::Error> {
        let renewed = self.service.refresh_signing_keys(&self.ctx()).await;
        let written = self.service.upkeep().write_repetitions(self.clock.now(), false).await;
        let swept = self.sweep().await;
        renewed.and(written).and(swept)
    }

    /// Runs the maintenance until it is told to stop.
    pub(super) async fn maintain_until(self, mut stopped: watch::Receiver<bool>) {
        let mut ticks = interval(MAINTENANCE_INTERVAL);
        while tick(&mut ticks, &mut stopped).await {
            match self.run_maintenance().await {
                Ok(0) => {}
                Ok(swept) => tracing::debug!(swept, "cleared away what has lapsed"),
                Err(error) => {
                    let cause = cause(&error);
                    tracing::error!(
                        error = error.code(),
                        cause,
                        "cannot renew signing keys or clear away what has lapsed"
                    );
                }
            }
        }
    }

    /// Writes the audit rows of all repeated refusals, before the process ends.
    pub(super) async fn write_last_repetitions(&self) {
        if let Err(error) = self.service.upkeep().write_repetitions(self.clock.now(), true).await {
            tracing::error!(
                error = error.code(),
                cause = cause(&error),
                "repeated refusals not written to audit trail"
            );
        }
    }

    /// Deletes until nothing is left. Each step is short, so that writes in between need not wait.
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
