use crate::{clock::Timestamp, seal::Sealed};

/// Lock of an account by an administrator. No session can be created until it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    pub at: Timestamp,
    /// Time at which the lock ends automatically.
    pub until: Option<Timestamp>,
    /// The reason given, sealed under the user's data key.
    pub reason: Sealed,
}

impl Lock {
    /// Name of the sealed field. The ciphertext is bound to this name.
    pub(crate) const REASON: &'static str = "lock_reason";

    /// Returns whether the lock is in force at this time.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| until > now)
    }
}
