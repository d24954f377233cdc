//! The store. Reads are methods, with one trait per kind of object. Writes are batches of operations, with one enum
//! per kind of object.

mod audit;
mod chains;
mod challenges;
mod changes;
mod error;
mod keys;
mod limits;
mod outbox;
mod records;
mod registrations;
mod sessions;
mod stats;
mod users;

pub use audit::Audit;
pub use chains::{AuditChains, ChainOp};
pub use challenges::{ChallengeOp, Challenges};
pub use changes::{Changes, Effect};
pub use error::{CommitError, Precondition, StoreError};
pub use keys::{KeyOp, Keys, RootKeyRow, SigningKeyRow};
pub use limits::{LimitOp, LimitState};
pub use outbox::{Outbox, OutboxEntry, OutboxOp, OutboxPlace, OutboxQuery, OutboxState};
pub use records::{RecordOp, Records};
pub use registrations::{RegistrationOp, Registrations, Replaces};
pub use sessions::{SessionOp, Sessions};
pub use stats::{StatOp, Stats};
pub use users::{AddressState, UserOp, UserPlace, UserQuery, Users};

use async_trait::async_trait;

use crate::{audit::AuditRow, clock::Timestamp, message::outbox::OutboxRow, session::Change};

/// Durable storage of everything that must not be lost.
#[async_trait]
pub trait Store:
    Users
    + Registrations
    + Challenges
    + Sessions
    + Records
    + LimitState
    + Outbox
    + Keys
    + Changes
    + Audit
    + AuditChains
    + Stats
    + Send
    + Sync
    + std::fmt::Debug
{
    /// Commits all operations or none. When it returns, they are durable.
    ///
    /// # Errors
    /// Returns [`CommitError::Failed`] with the first precondition that did not hold. In that case, nothing is
    /// changed.
    async fn commit(&self, batch: Batch) -> Result<(), CommitError>;

    /// Removes expired registrations, challenges, sessions, changes and counters. Also removes the oldest counters of
    /// failed password attempts in excess of `failures_kept`, because guesses for many addresses would accumulate.
    /// Returns the number of removed rows.
    ///
    /// # Errors
    /// Returns [`StoreError`] if the store fails.
    async fn sweep(&self, now: Timestamp, failures_kept: u64) -> Result<u64, StoreError>;

    /// Checks whether the store responds.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn ping(&self) -> Result<(), StoreError>;

    /// Returns the time of the store. `None` if it has no clock of its own.
    ///
    /// # Errors
    /// Returns [`StoreError`] if the store fails.
    async fn clock(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(None)
    }
}

/// Operations that are committed together.
pub type Batch = Vec<Op>;

/// Creates a [`Batch`] of operations.
#[macro_export]
macro_rules! batch {
    ($($op:expr),* $(,)?) => {
        vec![$($crate::port::Op::from($op)),*]
    };
}

/// A write with its precondition.
#[derive(Debug, Clone)]
pub enum Op {
    Key(KeyOp),
    User(UserOp),
    Registration(RegistrationOp),
    Challenge(ChallengeOp),
    Session(SessionOp),
    Limit(LimitOp),
    Outbox(OutboxOp),
    Record(RecordOp),
    /// Appends to the audit trail.
    Audit(AuditRow),
    Chain(ChainOp),
    Stat(StatOp),
}

impl Op {
    /// Returns the effects of the operation on the process after its commit.
    #[must_use]
    pub fn effects(&self) -> Vec<Effect> {
        match self {
            Self::Key(op) => op.effects(),
            Self::User(op) => op.effects(),
            Self::Registration(op) => op.effects(),
            Self::Challenge(op) => op.effects(),
            Self::Session(op) => op.effects(),
            Self::Limit(op) => op.effects(),
            Self::Outbox(op) => op.effects(),
            Self::Record(op) => op.effects(),
            Self::Audit(_) => Vec::new(),
            Self::Chain(op) => op.effects(),
            Self::Stat(op) => op.effects(),
        }
    }
}

impl Op {
    /// Returns the changes that the store appends to the change log when it commits the operation.
    pub fn changes(&self) -> impl Iterator<Item = Change> + use<> {
        self.effects().into_iter().filter_map(|effect| match effect {
            Effect::Changed(change) => Some(change),
            Effect::MessageEnqueued => None,
        })
    }
}

macro_rules! sum {
    ($($part:ty => $variant:ident),* $(,)?) => {
        $(impl From<$part> for Op {
            fn from(op: $part) -> Self {
                Self::$variant(op)
            }
        })*
    };
}

sum! {
    KeyOp => Key,
    UserOp => User,
    RegistrationOp => Registration,
    ChallengeOp => Challenge,
    SessionOp => Session,
    LimitOp => Limit,
    OutboxOp => Outbox,
    RecordOp => Record,
    AuditRow => Audit,
    ChainOp => Chain,
    StatOp => Stat,
}

impl From<OutboxRow> for Op {
    fn from(row: OutboxRow) -> Self {
        Self::Outbox(OutboxOp::Enqueue(row))
    }
}
