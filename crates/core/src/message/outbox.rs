//! The outbox: messages that are committed together with their cause and delivered under leases.

use std::time::Duration;

use crate::{
    clock::Timestamp,
    ctx::Ctx,
    id::{ChallengeId, LeaseId, OutboxId, RealmName},
    message::MessageKind,
    random,
    seal::{BlindIndex, Sealed},
};

/// A queued message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    pub id: OutboxId,
    pub realm: RealmName,
    pub kind: MessageKind,
    /// [`Recipient`](super::Recipient), sealed under the realm's outbox key. Erased when the message is delivered or
    /// abandoned.
    pub recipient: Sealed,
    /// Blind index of the address or number, erased with the recipient. Missing in messages of earlier versions.
    pub index: Option<BlindIndex>,
    /// Challenge whose links the message contains.
    pub challenge: Option<ChallengeId>,
    /// Time when the message was committed.
    pub created_at: Timestamp,
    /// Earliest delivery time.
    pub due_at: Timestamp,
    /// Time after which the message is no longer sent.
    pub give_up_at: Timestamp,
    /// Number of attempts so far.
    pub attempts: u32,
    /// Number of attempts after which the message may have been accepted.
    pub unknowns: u32,
}

/// A claimed row, with the lease of the worker that delivers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    pub row: OutboxRow,
    /// Lease required to record the outcome.
    pub lease: LeaseId,
}

/// Exclusive claim on rows for a limited time.
#[derive(Debug, Clone)]
pub struct Lease {
    pub id: LeaseId,
    /// Time of the claim. Rows due at this time are included.
    pub now: Timestamp,
    /// Expiry. After that, other workers may claim the rows again.
    pub until: Timestamp,
}

impl Lease {
    /// Creates a lease that starts now.
    #[must_use]
    pub fn new(ctx: &Ctx, length: Duration) -> Self {
        Self { id: LeaseId::random(ctx.random()), now: ctx.now, until: ctx.now.plus(length) }
    }
}

/// Outcome of the delivery of a claimed row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// Delivered. The row is deleted.
    Done,
    /// Retry at this time. Counted as an attempt.
    Retry(Timestamp),
    /// The message may have been accepted. Retry at this time. Counted as an attempt and as an unknown outcome.
    Unknown(Timestamp),
    /// Not attempted. The row can be claimed again immediately, and no attempt is counted.
    Release,
    /// Given up. The row is kept for metrics, without its recipient.
    Dead,
}

/// Why the latest attempt of a message failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryFault {
    /// A failure that may pass.
    Failed,
    /// The provider rejected the message.
    Rejected,
    /// The provider rejected this server or sender.
    RouteRejected,
    /// The provider limited the rate.
    Throttled,
    /// The provider did not confirm the message, but may have accepted it.
    Unknown,
    /// The time for the delivery ended.
    Expired,
}

impl DeliveryFault {
    /// All faults.
    pub const ALL: [Self; 6] =
        [Self::Failed, Self::Rejected, Self::RouteRejected, Self::Throttled, Self::Unknown, Self::Expired];

    /// Returns the word in the database and in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Rejected => "rejected",
            Self::RouteRejected => "route_rejected",
            Self::Throttled => "throttled",
            Self::Unknown => "unknown",
            Self::Expired => "expired",
        }
    }

    /// Parses the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.as_str() == word)
    }
}

/// Backoff after the first failure. It doubles after each further one.
const FIRST_WAIT: Duration = Duration::from_secs(5);
/// Maximum time between two delivery attempts.
const MAX_WAIT: Duration = Duration::from_secs(15 * 60);

/// Backoffs after unknown outcomes. Each retry may deliver a duplicate, so there are only two: a server that accepts
/// messages without confirming them delivers at most three copies.
const UNKNOWN_WAITS: [Duration; 2] = [Duration::from_secs(2 * 3600), Duration::from_secs(6 * 3600)];

/// Returns the time of the next attempt after an unknown outcome, if there is one. `unknowns` is the number of earlier
/// unknown outcomes.
#[must_use]
pub fn retry_unknown_at(ended: Timestamp, unknowns: u32) -> Option<Timestamp> {
    let wait = usize::try_from(unknowns).ok().and_then(|index| UNKNOWN_WAITS.get(index));
    wait.map(|wait| ended.plus(*wait))
}

/// Returns the time of the next attempt after one that ended at `ended`. The backoff doubles and is reduced at random
/// by up to half, so that messages that failed together are not retried together.
#[must_use]
pub fn retry_at(ctx: &Ctx, ended: Timestamp, failures: u32) -> Timestamp {
    let doublings = failures.saturating_sub(1).min(16);
    let wait = FIRST_WAIT.saturating_mul(1 << doublings).min(MAX_WAIT);
    let cut = u64::from(u32::from_be_bytes(random::bytes(ctx.random())));
    let half = u64::try_from(wait.as_millis() / 2).unwrap_or(u64::MAX);
    let jitter = Duration::from_millis(half.saturating_mul(cut) >> 32);
    ended.plus(wait.saturating_sub(jitter))
}
