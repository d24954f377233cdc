//! What a server does by itself: follow the revocation log, remove expired rows, report its state.

use crate::{clock::Timestamp, error::Result, port::OutboxState, service::kernel::Kernel, session::LogPosition};

/// The verbs of the maintenance worker.
#[derive(Debug, Clone, Copy)]
pub struct Upkeep<'a>(&'a Kernel);

impl<'a> Upkeep<'a> {
    pub(super) const fn new(kernel: &'a Kernel) -> Self {
        Self(kernel)
    }

    /// Applies the entries of the revocation log after a position, by any server, and returns the next position.
    ///
    /// # Errors
    /// Unavailable; cached sessions are not trusted a second later.
    pub async fn follow_revocations(&self, now: Timestamp, from: LogPosition) -> Result<LogPosition> {
        let (entries, next) = self.0.ports.store.revocations_after(from).await?;
        self.0.ports.sessions.revoke(&entries);
        self.0.ports.sessions.synced(now);
        Ok(next)
    }

    /// Removes expired rows; returns their number.
    ///
    /// # Errors
    /// Unavailable.
    pub async fn sweep(&self, now: Timestamp) -> Result<u64> {
        Ok(self.0.ports.store.sweep(now, self.0.settings.limits.passwords_kept).await?)
    }

    /// Returns the size of the outbox.
    ///
    /// # Errors
    /// Unavailable.
    pub async fn outbox_state(&self, now: Timestamp) -> Result<OutboxState> {
        Ok(self.0.ports.store.outbox_state(now).await?)
    }

    /// Whether the store answers.
    pub async fn store_answers(&self) -> bool {
        self.0.ports.store.ping().await.is_ok()
    }
}
