//! Maintenance of a running server: follows the change log, removes expired rows and reports its state.

mod measure;
mod nodes;

use std::time::Duration;

use crate::{
    clock::Timestamp,
    error::Result,
    port::{Op, OutboxState},
    service::kernel::Kernel,
    session::LogPosition,
};

/// Number of audit rows per batch.
const ROWS_AT_ONCE: usize = 100;

/// Operations of the maintenance worker.
#[derive(Debug, Clone, Copy)]
pub struct Upkeep<'a>(&'a Kernel);

impl<'a> Upkeep<'a> {
    pub(super) const fn new(kernel: &'a Kernel) -> Self {
        Self(kernel)
    }

    const fn kernel(&self) -> &'a Kernel {
        self.0
    }

    /// Applies the entries of the change log after a position and returns the next position. The entries come from
    /// all servers.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails. After one second, cached sessions and accounts are no longer used.
    pub async fn follow_changes(&self, now: Timestamp, from: LogPosition) -> Result<LogPosition> {
        let read = self.0.copies.begin_read();
        let (changes, next) = self.0.ports.store.changes_after(from).await?;
        self.0.copies.end_read(read, &changes, next, now);
        for change in changes {
            self.0.apply(change);
        }
        self.0.ports.sessions.synced(now);
        self.0.ports.accounts.synced(now);
        Ok(next)
    }

    /// Writes the audit rows of repeated rejections whose minute is over, or of all.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails. Rows that could not be written are kept and retried.
    pub async fn write_repetitions(&self, now: Timestamp, all: bool) -> Result<()> {
        let rows = self.0.repetitions.take(now, all);
        let mut written = 0;
        for some in rows.chunks(ROWS_AT_ONCE) {
            let batch = some.iter().cloned().map(Op::from).collect();
            if let Err(error) = self.0.commit(batch).await {
                self.0.repetitions.put_back(rows.get(written..).unwrap_or_default());
                return Err(error.into());
            }
            written += some.len();
        }
        Ok(())
    }

    /// Removes expired rows and returns their number.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store does not respond.
    pub async fn sweep(&self, now: Timestamp) -> Result<u64> {
        Ok(self.0.ports.store.sweep(now, self.0.settings.limits.passwords_kept).await?)
    }

    /// Returns the state of the outbox.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store does not respond.
    pub async fn outbox_state(&self, now: Timestamp) -> Result<OutboxState> {
        Ok(self.0.ports.store.outbox_state(now).await?)
    }

    /// Returns the time of the oldest unsealed row of the audit trail, or `None` if all are sealed.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails.
    pub async fn oldest_unsealed(&self) -> Result<Option<Timestamp>> {
        Ok(self.0.ports.store.unsealed_rows(1).await?.first().map(|row| row.at))
    }

    /// Returns the time since the change log was last followed. `None` before the first time.
    #[must_use]
    pub fn log_lag(&self, now: Timestamp) -> Option<Duration> {
        self.0.copies.lag(now)
    }

    /// Waits until a process announces that the change log has grown. Never returns if there is no shared cache.
    pub async fn log_announced(&self) {
        match &self.0.ports.shared {
            Some(shared) => shared.announced().await,
            None => std::future::pending().await,
        }
    }

    /// Returns whether the shared cache is currently in use, or `None` if none is configured.
    #[must_use]
    pub fn shared_is_up(&self) -> Option<bool> {
        self.0.ports.shared.as_ref().map(|shared| shared.is_up())
    }

    /// Returns whether the store responds and the last write to it succeeded.
    pub async fn store_answers(&self) -> bool {
        self.is_writable() && self.0.ports.store.ping().await.is_ok()
    }
}
