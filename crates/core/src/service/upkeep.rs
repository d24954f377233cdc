//! Maintenance of a running server: follows the change log, removes expired rows and reports its state.

use crate::{clock::Timestamp, error::Result, port::OutboxState, service::kernel::Kernel, session::LogPosition};

/// The verbs of the maintenance worker.
#[derive(Debug, Clone, Copy)]
pub struct Upkeep<'a>(&'a Kernel);

impl<'a> Upkeep<'a> {
    pub(super) const fn new(kernel: &'a Kernel) -> Self {
        Self(kernel)
    }

    /// Applies the entries of the change log after a position and returns the next position. The entries come from all
    /// servers.
    ///
    /// # Errors
    /// Unavailable. Cached sessions and accounts are not trusted any more after a second.
    pub async fn follow_changes(&self, now: Timestamp, from: LogPosition) -> Result<LogPosition> {
        let (changes, next) = self.0.ports.store.changes_after(from).await?;
        for change in changes {
            self.0.apply(change);
        }
        self.0.ports.sessions.synced(now);
        self.0.ports.accounts.synced(now);
        Ok(next)
    }

    /// Removes expired rows and returns their number.
    ///
    /// # Errors
    /// Unavailable, if the store does not answer.
    pub async fn sweep(&self, now: Timestamp) -> Result<u64> {
        Ok(self.0.ports.store.sweep(now, self.0.settings.limits.passwords_kept).await?)
    }

    /// Returns the state of the outbox.
    ///
    /// # Errors
    /// Unavailable, if the store does not answer.
    pub async fn outbox_state(&self, now: Timestamp) -> Result<OutboxState> {
        Ok(self.0.ports.store.outbox_state(now).await?)
    }

    /// Returns whether the store answers.
    pub async fn store_answers(&self) -> bool {
        self.0.ports.store.ping().await.is_ok()
    }
}
