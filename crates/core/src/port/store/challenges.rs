use async_trait::async_trait;

use super::{Effect, StoreError};
use crate::{
    clock::Timestamp,
    id::{ChallengeId, RealmName, UserId},
    link::{Challenge, Purpose},
    seal::Sealed,
};

/// Queries of challenges.
#[async_trait]
pub trait Challenges {
    /// Returns a challenge, even if it is used or expired.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn challenge(&self, realm: &RealmName, id: ChallengeId) -> Result<Option<Challenge>, StoreError>;
}

/// Writes to challenges.
#[derive(Debug, Clone)]
pub enum ChallengeOp {
    /// Inserts a challenge. Requires its identifier to be free.
    Insert(Challenge),
    /// Marks a challenge as used. Requires it to exist, to be unused and not to be expired.
    Spend { realm: RealmName, id: ChallengeId, now: Timestamp },
    /// Counts an attempt. Requires the challenge to exist, to be unused and not to be expired, with fewer than
    /// `limit` attempts.
    Try { realm: RealmName, id: ChallengeId, now: Timestamp, limit: u32 },
    /// Replaces the note. Requires the challenge to exist, to be unused and not to be expired.
    Annotate { realm: RealmName, id: ChallengeId, note: Sealed, now: Timestamp },
    /// Removes the challenges of a subject, with one purpose or with any.
    Drop { realm: RealmName, subject: UserId, purpose: Option<Purpose> },
    /// Sets the expiry of a challenge if it exists and is unused.
    Expire { realm: RealmName, id: ChallengeId, at: Timestamp },
}

impl ChallengeOp {
    pub(super) const fn effects(&self) -> Vec<Effect> {
        match self {
            Self::Insert(_)
            | Self::Spend { .. }
            | Self::Try { .. }
            | Self::Annotate { .. }
            | Self::Drop { .. }
            | Self::Expire { .. } => Vec::new(),
        }
    }
}
