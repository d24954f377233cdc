//! The outbox: messages that are committed together with their cause and delivered under leases.

use std::time::Duration;

use crate::{
    clock::Timestamp,
    ctx::Ctx,
    id::{ChallengeId, LeaseId, OutboxId, RealmName},
    message::MessageKind,
    random,
    seal::Sealed,
};

/// Message that waits for delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    pub id: OutboxId,
    pub realm: RealmName,
    pub kind: MessageKind,
    /// [`Recipient`](super::Recipient), sealed under the realm's outbox key. Deleted when the row is done.
    pub recipient: Sealed,
    /// Challenge whose links the message carries.
    pub challenge: Option<ChallengeId>,
    /// Time at which its cause was committed.
    pub created_at: Timestamp,
    /// Earliest delivery time.
    pub due_at: Timestamp,
    /// Time after which it is no longer sent.
    pub give_up_at: Timestamp,
    /// Number of attempts so far.
    pub attempts: u32,
    /// Number of those attempts after which the message may have been accepted.
    pub unknowns: u32,
}

/// Row with the lease of the worker that delivers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    pub row: OutboxRow,
    /// Lease that the end of the delivery must name.
    pub lease: LeaseId,
}

/// Exclusive right to deliver claimed rows for a limited time.
#[derive(Debug, Clone)]
pub struct Lease {
    pub id: LeaseId,
    /// Rows that are due at this time may be claimed.
    pub now: Timestamp,
    /// Time after which other workers may claim the rows again.
    pub until: Timestamp,
}

impl Lease {
    /// Makes a lease of this length from now.
    #[must_use]
    pub fn new(ctx: &Ctx, length: Duration) -> Self {
        Self { id: LeaseId::random(ctx.random()), now: ctx.now, until: ctx.now.plus(length) }
    }
}

/// Result of the delivery of a claimed row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// Handed over. The row is deleted.
    Done,
    /// Try again at this time. Counts as an attempt.
    Retry(Timestamp),
    /// The message may have been accepted. Try again at this time. Counts as an attempt and as an unknown outcome.
    Unknown(Timestamp),
    /// Not attempted. The row may be claimed at once, and no attempt is counted.
    Release,
    /// Given up. The row is kept without its recipient, for the metrics.
    Dead,
}

/// Wait after the first failure. Each further failure doubles it.
const FIRST_WAIT: Duration = Duration::from_secs(5);
/// Longest wait between two attempts.
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);

/// Waits after unknown outcomes. Each further attempt may be a further copy, so they are few and far apart: a server that
/// accepts without saying so delivers three copies at most.
const UNKNOWN_WAITS: [Duration; 2] = [Duration::from_secs(2 * 3600), Duration::from_secs(6 * 3600)];

/// Returns the time of the next attempt after one with an unknown outcome, if there is one. `unknowns` is the number of such
/// outcomes before it.
#[must_use]
pub fn retry_unknown_at(ended: Timestamp, unknowns: u32) -> Option<Timestamp> {
    let wait = usize::try_from(unknowns).ok().and_then(|index| UNKNOWN_WAITS.get(index));
    wait.map(|wait| ended.plus(*wait))
}

/// Returns the time of the next attempt after one that ended at `ended`. Waits double, and each is shortened at random by up
/// to half, so that many failed messages are not retried at the same moment.
#[must_use]
pub fn retry_at(ctx: &Ctx, ended: Timestamp, failures: u32) -> Timestamp {
    let doublings = failures.saturating_sub(1).min(16);
    let wait = FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT);
    let cut = u64::from(u32::from_be_bytes(random::bytes(ctx.random())));
    let half = u64::try_from(wait.as_millis() / 2).unwrap_or(u64::MAX);
    let jitter = Duration::from_millis(half.saturating_mul(cut) >> 32);
    ended.plus(wait.saturating_sub(jitter))
}
