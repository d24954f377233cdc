//! Commits, their effects on the caches of this process, and conversion of store and hasher errors.

use std::{sync::atomic::Ordering, time::Duration};

use super::Kernel;
use crate::{
    error::{
        Error,
        catalogue::{OVERLOADED, UNAVAILABLE},
    },
    port::{Batch, CommitError, Effect, HashError, Op, Precondition, StoreError},
    session::Change,
};

/// `Retry-After` if the store or the hasher is unavailable.
const RETRY_AFTER: Duration = Duration::from_secs(2);

impl Kernel {
    /// Commits a batch, then applies its effects to the caches and workers of this process.
    ///
    /// # Errors
    /// Returns the error of the store.
    pub(in crate::service) async fn commit(&self, batch: Batch) -> Result<(), CommitError> {
        if batch.is_empty() {
            return Ok(());
        }
        let effects: Vec<Effect> = batch.iter().flat_map(Op::effects).collect();
        let committed = self.ports.store.commit(batch).await;
        match &committed {
            Ok(()) => self.is_writable.store(true, Ordering::Relaxed),
            Err(CommitError::Store(StoreError::Unavailable(_) | StoreError::Broken(_))) => {
                self.is_writable.store(false, Ordering::Relaxed);
            }
            Err(_) => {}
        }
        committed?;
        let mut has_grown = false;
        for effect in effects {
            match effect {
                Effect::Changed(change) => {
                    if let Change::UserChanged { realm, user } = &change {
                        self.copies.changed_here(realm, user);
                        if let Some(shared) = &self.ports.shared {
                            shared.forget_account(realm, user);
                        }
                    }
                    self.apply(change);
                    has_grown = true;
                }
                Effect::MessageEnqueued => (self.wake)(),
            }
        }
        if let Some(shared) = self.ports.shared.as_ref().filter(|_| has_grown) {
            shared.announce();
        }
        Ok(())
    }

    /// Removes cached data that a change makes outdated.
    pub(in crate::service) fn apply(&self, change: Change) {
        match change {
            Change::SessionEnded(ended) => self.ports.sessions.revoke(&[ended]),
            Change::UserChanged { realm, user } => {
                self.ports.sessions.invalidate_user(&realm, &user);
                self.ports.accounts.invalidate(&realm, &user);
            }
            // The worker that reads the log loads them.
            Change::KeysChanged => self.keys_changed.store(true, Ordering::Relaxed),
            // Not cached.
            Change::RealmChanged { .. } | Change::AdminsChanged => {}
        }
    }

    /// Commits a batch. Returns `false` without changes if one of these preconditions failed.
    ///
    /// # Errors
    /// Returns the error of the store or of any other failed precondition.
    pub(in crate::service) async fn commit_unless(
        &self,
        batch: Batch,
        lost: &[Precondition],
    ) -> Result<bool, CommitError> {
        match self.commit(batch).await {
            Ok(()) => Ok(true),
            Err(CommitError::Failed(failed)) if lost.contains(&failed) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => UNAVAILABLE.after(RETRY_AFTER).because(error),
            StoreError::Overloaded(_) => OVERLOADED.after(RETRY_AFTER).because(error),
            StoreError::Broken(_) => Self::internal(error),
        }
    }
}

impl From<CommitError> for Error {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Store(error) => error.into(),
            CommitError::Failed(_) => Self::internal(error),
        }
    }
}

impl From<HashError> for Error {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Overloaded => OVERLOADED.after(RETRY_AFTER).because(error),
            HashError::Failed(_) => Self::internal(error),
        }
    }
}
