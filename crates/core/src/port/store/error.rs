use crate::{error::Cause, limit::LimitKind};

/// A precondition that did not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precondition {
    /// The revision of the root key is not the successor of the stored one.
    RootKeyRevision,
    /// The signing key does not exist.
    SigningKeyThere,
    /// An address has gained or lost its user since it was read.
    AddressAsSeen,
    /// Another registration has the address.
    RegistrationReplaced,
    /// The registration does not exist.
    RegistrationThere,
    /// The user's address or identifier is taken.
    UserFree,
    /// The user does not exist or has changed.
    UserRevision,
    /// The challenge does not exist, is used or is expired, or its identifier is taken.
    ChallengeFresh,
    /// The session does not exist, or its identifier is taken.
    SessionThere,
    /// The refresh token is not the latest one, or its session does not exist.
    RefreshNewest,
    /// The record key is taken.
    RecordFree,
    /// The record does not exist or has changed.
    RecordRevision,
    /// The quota is exhausted.
    WithinQuota(LimitKind),
    /// The block number is taken, or the rows of the block have changed since they were read.
    AuditChain,
    /// The lease was lost to another worker.
    LeaseHeld,
    /// The message does not exist, or is no longer pending.
    MessageThere,
}

/// Reason why a batch was not committed.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// A precondition did not hold. Nothing was changed.
    #[error("precondition failed: {0:?}")]
    Failed(Precondition),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The store did not respond, or its data is unreadable.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store is unavailable. It may recover without intervention.
    #[error("the store is unavailable")]
    Unavailable(#[source] Cause),
    /// The store responds but is overloaded.
    #[error("the store is overloaded")]
    Overloaded(#[source] Cause),
    /// An internal error, or corrupted data.
    #[error("the store failed")]
    Broken(#[source] Cause),
}
