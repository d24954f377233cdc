use crate::{clock::Timestamp, seal::Sealed};

/// Lock of an account by an administrator: no session can be opened until it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    pub at: Timestamp,
    /// Time at which it ends by itself.
    pub until: Option<Timestamp>,
    /// The reason given, sealed under the user's data key.
    pub reason: Sealed,
}

impl Lock {
    /// Name of the sealed field; the ciphertext is bound to it.
    pub(crate) const REASON: &'static str = "lock_reason";

    /// Returns whether it holds at this time.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| until > now)
    }
}
