//! What a process does by itself: follow the revocation log, clear away what has lapsed, say how it is.

use crate::{clock::Timestamp, error::Result, port::OutboxState, service::Service, session::LogPosition};

impl Service {
    /// Learns what was revoked since this position, by whichever process, and returns the next position to follow from.
    ///
    /// # Errors
    /// Unavailable; then what is remembered of live sessions soon stops counting.
    pub async fn follow_revocations(&self, now: Timestamp, from: LogPosition) -> Result<LogPosition> {
        let (entries, next) = self.ports.store.revocations_after(from).await?;
        self.ports.sessions.revoke(&entries);
        self.ports.sessions.synced(now);
        Ok(next)
    }

    /// Clears away what has lapsed; returns how much.
    ///
    /// # Errors
    /// Unavailable.
    pub async fn sweep(&self, now: Timestamp) -> Result<u64> {
        Ok(self.ports.store.sweep(now, self.rules.limits.passwords_kept).await?)
    }

    /// How much waits to be sent.
    ///
    /// # Errors
    /// Unavailable.
    pub async fn outbox_state(&self, now: Timestamp) -> Result<OutboxState> {
        Ok(self.ports.store.outbox_state(now).await?)
    }

    /// Whether the store answers.
    pub async fn store_answers(&self) -> bool {
        self.ports.store.ping().await.is_ok()
    }
}
