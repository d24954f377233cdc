//! The keystone: reads are methods, writes are two verbs.

use std::time::Duration;

use async_trait::async_trait;

use crate::{
    account::{Registration, User},
    audit::AuditRow,
    clock::Timestamp,
    error::Cause,
    id::{ChallengeId, LeaseId, OutboxId, RealmName, SessionId, UserId},
    limit::{FailedAttempts, LimitKey, LimitKind, Quota, SlidingWindow},
    link::{Challenge, Purpose},
    message::{
        Channel,
        outbox::{Claimed, DeliveryOutcome, Lease, OutboxRow},
    },
    seal::{BlindIndex, Sealed},
    session::{LogPosition, Revocation, Session, TokenHash},
    token::Algorithm,
};

/// Where everything is kept that must not be lost.
#[async_trait]
pub trait Store: Send + Sync + std::fmt::Debug {
    /// Applies all operations or none. When it returns, they survive a power cut.
    ///
    /// # Errors
    /// [`CommitError::Failed`] names the first precondition that did not hold; then nothing was changed.
    async fn commit(&self, batch: Batch) -> Result<(), CommitError>;

    /// Takes up to `limit` outbox rows of this channel that are due and not leased, oldest first, under this lease; of those
    /// that are due at the same time, the one that one caller put in first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn claim(&self, channel: Channel, limit: usize, lease: &Lease) -> Result<Vec<Claimed>, StoreError>;

    /// Removes what has lapsed: registrations, challenges, sessions, revocations, counts; and the oldest counts of wrong
    /// passwords beyond so many, which whoever tries every address would heap up. Returns how much.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn sweep(&self, now: Timestamp, failures_kept: u64) -> Result<u64, StoreError>;

    /// The wrapped root keys of all realms.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn root_keys(&self) -> Result<Vec<RootKeyRow>, StoreError>;

    /// The signing keys of our own making, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn signing_keys(&self) -> Result<Vec<SigningKeyRow>, StoreError>;

    /// The user and the registration of an address, as they stand at one moment.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn by_index(
        &self,
        realm: &RealmName,
        index: BlindIndex,
    ) -> Result<(Option<User>, Option<Registration>), StoreError>;

    /// A user.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn user(&self, realm: &RealmName, id: &UserId) -> Result<Option<User>, StoreError>;

    /// A registration.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn registration(&self, realm: &RealmName, id: &UserId) -> Result<Option<Registration>, StoreError>;

    /// A challenge.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn challenge(&self, realm: &RealmName, id: ChallengeId) -> Result<Option<Challenge>, StoreError>;

    /// A session.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn session(&self, realm: &RealmName, id: &SessionId) -> Result<Option<Session>, StoreError>;

    /// Wrong passwords that were counted for this key.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn failures(&self, key: LimitKey) -> Result<FailedAttempts, StoreError>;

    /// What was counted of a quota for this key.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn tally(&self, key: LimitKey) -> Result<SlidingWindow, StoreError>;

    /// What came into the revocation log after this position, oldest first, and the position behind it.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn revocations_after(&self, position: LogPosition) -> Result<(Vec<Revocation>, LogPosition), StoreError>;

    /// How much waits in the outbox.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn outbox_state(&self, now: Timestamp) -> Result<OutboxState, StoreError>;

    /// Whether the store answers.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn ping(&self) -> Result<(), StoreError>;
}

/// Operations that belong together.
pub type Batch = Vec<Op>;

/// One write, with the precondition that it carries.
#[derive(Debug, Clone)]
pub enum Op {
    /// Writes a realm's wrapped root key; needs its revision to follow the stored one (1 where there is none).
    PutRootKey(RootKeyRow),
    /// Writes a signing key; over the one of the same `kid`, if there is one, only the sealed private half.
    PutSigningKey(SigningKeyRow),
    /// Removes a signing key, if it is there.
    DeleteSigningKey {
        /// Which.
        kid: String,
    },
    /// Needs an address to have a user, or to have none, as it was seen.
    RequireAddress {
        /// Its realm.
        realm: RealmName,
        /// Of the address.
        index: BlindIndex,
        /// Whether it had a user.
        is_taken: bool,
    },
    /// Writes a registration in place of the one of the same address.
    PutRegistration {
        /// The new one.
        row: Registration,
        /// What may stand there before.
        replaces: Replaces,
    },
    /// Marks a registration as contested, if it is, and moves its end, if that is later; neither is ever undone. Needs it to be
    /// there.
    ContestRegistration {
        /// Its realm.
        realm: RealmName,
        /// Which.
        id: UserId,
        /// Whether it is; if not, the same is done to no effect.
        is_contested: bool,
        /// Lives as long as that at least.
        expires_at: Timestamp,
    },
    /// Removes a registration; needs it to be there.
    DeleteRegistration {
        /// Its realm.
        realm: RealmName,
        /// Which.
        id: UserId,
    },
    /// Writes a user; needs both identifier and address to be free.
    InsertUser(User),
    /// Writes a user over their record; needs the stored revision to be the one before.
    UpdateUser(User),
    /// Removes a user, and with their data key everything that it sealed; needs them to be at this revision.
    DeleteUser {
        /// Their realm.
        realm: RealmName,
        /// Who.
        id: UserId,
        /// As it was read.
        revision: u64,
    },
    /// Needs a user to be there, at this revision.
    RequireUser {
        /// Their realm.
        realm: RealmName,
        /// Who.
        id: UserId,
        /// As it was read.
        revision: u64,
    },
    /// Writes a challenge; needs its identifier to be free.
    InsertChallenge(Challenge),
    /// Marks a challenge as used; needs it to be there, unused and not lapsed.
    SpendChallenge {
        /// Its realm.
        realm: RealmName,
        /// Which.
        id: ChallengeId,
        /// When.
        now: Timestamp,
    },
    /// Counts a try at a challenge; needs it to be there, unused, not lapsed, and tried less than `limit` times.
    TryChallenge {
        /// Its realm.
        realm: RealmName,
        /// Which.
        id: ChallengeId,
        /// When.
        now: Timestamp,
        /// So many tries there are.
        limit: u32,
    },
    /// Removes all challenges of a subject for a purpose.
    DropChallenges {
        /// Their realm.
        realm: RealmName,
        /// Whom they concern.
        subject: UserId,
        /// What they were made for.
        purpose: Purpose,
    },
    /// Sets the end of a challenge; where it is gone or used there is nothing to set.
    ExpireChallenge {
        /// Its realm.
        realm: RealmName,
        /// Which.
        id: ChallengeId,
        /// The new end.
        at: Timestamp,
    },
    /// Writes a session; needs its identifier to be free.
    InsertSession(Session),
    /// Removes a session and logs its revocation; needs it to be there.
    EndSession(Revocation),
    /// Removes all sessions of a user, but for one, and logs their revocations.
    EndSessionsOf {
        /// Their realm.
        realm: RealmName,
        /// Whose.
        user: UserId,
        /// Goes on.
        except: Option<SessionId>,
        /// When the last token of them has expired.
        expires_at: Timestamp,
    },
    /// Moves a refresh token family on; needs `from` to be its newest token.
    RotateRefresh {
        /// The session's realm.
        realm: RealmName,
        /// The session.
        id: SessionId,
        /// Becomes the one before.
        from: TokenHash,
        /// Becomes the newest.
        to: TokenHash,
        /// When.
        at: Timestamp,
        /// When the newest lapses, unless it is used.
        idle_until: Timestamp,
    },
    /// Counts once more for this key; needs the quota to allow it.
    Count {
        /// What is limited.
        row: LimitKind,
        /// For what.
        key: LimitKey,
        /// How often it may be.
        quota: Quota,
        /// When.
        now: Timestamp,
    },
    /// Counts a wrong password for this key.
    CountFailure {
        /// For what.
        key: LimitKey,
        /// When.
        now: Timestamp,
        /// After so long without another one all are forgotten.
        forget_after: Duration,
    },
    /// Appends to the audit trail.
    Audit(AuditRow),
    /// Puts a message into the outbox.
    Enqueue(OutboxRow),
    /// Ends the work on a claimed row; needs the lease to be the one that holds it.
    Settle {
        /// Which.
        id: OutboxId,
        /// The lease under which it was worked on.
        lease: LeaseId,
        /// How it ended.
        outcome: DeliveryOutcome,
    },
}

/// What a new registration may replace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replaces {
    /// Only this one, or nothing at all where it is `None`. One that is contested by now is replaced by one that is, and by no
    /// other.
    Exactly(Option<UserId>),
    /// Whatever is there.
    Anything,
}

/// A realm's root key as it lies in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootKeyRow {
    /// The realm.
    pub realm: RealmName,
    /// The key, wrapped.
    pub wrapped: Sealed,
    /// Counts the wrappings.
    pub revision: u64,
}

/// A signing key of our own making as it lies in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKeyRow {
    /// Its name in tokens.
    pub kid: String,
    /// What it signs by.
    pub algorithm: Algorithm,
    /// The private half in PKCS#8, sealed under the operator's key.
    pub private: Sealed,
    /// When it was made.
    pub created_at: Timestamp,
}

/// How much waits in the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutboxState {
    /// Rows that are yet to be sent.
    pub waiting: u64,
    /// Rows that will never be.
    pub dead: u64,
    /// When the oldest waiting one came.
    pub oldest: Option<Timestamp>,
}

/// A precondition that did not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precondition {
    /// The root key's revision does not follow.
    RootKeyRevision,
    /// The address has got, or lost, its user.
    AddressAsSeen,
    /// Another registration stands there.
    RegistrationReplaced,
    /// The registration is gone.
    RegistrationThere,
    /// The user's address or identifier is taken.
    UserFree,
    /// The user is gone or has changed.
    UserRevision,
    /// The challenge is gone, used or lapsed, or its identifier is taken.
    ChallengeFresh,
    /// The session is gone, or its identifier is taken.
    SessionThere,
    /// The family has moved on, or its session is gone.
    RefreshNewest,
    /// The quota of this is used up.
    WithinQuota(LimitKind),
    /// Somebody else holds the row by now.
    LeaseHeld,
}

/// Why a batch was not committed.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// A precondition did not hold; nothing was changed.
    #[error("precondition failed: {0:?}")]
    Failed(Precondition),
    /// The store could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The store could not be asked, or what it holds cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Away for now.
    #[error("the store is away")]
    Unavailable(#[source] Cause),
    /// A defect.
    #[error("the store failed")]
    Broken(#[source] Cause),
}
