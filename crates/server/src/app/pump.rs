use futures_util::{FutureExt as _, future::BoxFuture};

use crate::worker::Worker;

/// Runs the workers' tasks on demand.
#[derive(Debug, Clone)]
pub struct Pump {
    pub(super) worker: Worker,
}

impl Pump {
    /// Sends all messages that are due and returns the number of messages whose outcome was recorded.
    ///
    /// # Errors
    /// Returns an error if the store is unavailable.
    #[must_use]
    pub fn deliver_due(&self) -> BoxFuture<'_, Result<usize, portcullis_core::Error>> {
        self.worker.deliver_due().boxed()
    }

    /// Runs the maintenance of each minute: rotates signing keys that are due and deletes expired rows. Returns the
    /// number of deleted rows.
    ///
    /// # Errors
    /// Returns an error if the store is unavailable, or a key cannot be decrypted.
    #[must_use]
    pub fn run_maintenance(&self) -> BoxFuture<'_, Result<u64, portcullis_core::Error>> {
        self.worker.run_maintenance().boxed()
    }

    /// Seals the pending rows of the audit trail, and removes old ones.
    ///
    /// # Errors
    /// Returns an error if the store is unavailable.
    #[must_use]
    pub fn seal_audit(&self) -> BoxFuture<'_, Result<(), portcullis_core::Error>> {
        self.worker.seal_audit().boxed()
    }
}
