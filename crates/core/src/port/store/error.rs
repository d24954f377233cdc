use crate::{error::Cause, limit::LimitKind};

/// A precondition that did not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precondition {
    /// The revision of the root key does not follow the stored one.
    RootKeyRevision,
    /// An address has gained or lost a user since it was read.
    AddressAsSeen,
    /// Another registration has the address.
    RegistrationReplaced,
    /// The registration does not exist.
    RegistrationThere,
    /// The user's address or identifier is taken.
    UserFree,
    /// The user does not exist or has changed.
    UserRevision,
    /// The challenge does not exist, or is used or expired; or its identifier is taken.
    ChallengeFresh,
    /// The session does not exist; or its identifier is taken.
    SessionThere,
    /// The refresh token is not the newest one, or its session does not exist.
    RefreshNewest,
    /// The key of the record is taken.
    RecordFree,
    /// The record does not exist or has changed.
    RecordRevision,
    /// The quota is used up.
    WithinQuota(LimitKind),
    /// Another block has the number, or the rows of a block are not as they were read.
    AuditChain,
    /// The lease was lost to another worker.
    LeaseHeld,
    /// The message does not exist, or does not wait any more.
    MessageThere,
}

/// Why a batch was not committed.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// A precondition did not hold; nothing was changed.
    #[error("precondition failed: {0:?}")]
    Failed(Precondition),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The store did not respond, or its data is unreadable.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store is unavailable; it may recover without intervention.
    #[error("the store is unavailable")]
    Unavailable(#[source] Cause),
    /// The store responds, but has more load than it can handle.
    #[error("the store is overloaded")]
    Overloaded(#[source] Cause),
    /// An internal error, or corrupted data.
    #[error("the store failed")]
    Broken(#[source] Cause),
}
