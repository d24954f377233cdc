//! The outbox: what must be sent, written in the same commit as its cause and delivered under leases.

use std::time::Duration;

use crate::{
    clock::Timestamp,
    ctx::Ctx,
    id::{ChallengeId, LeaseId, OutboxId, RealmName},
    message::MessageKind,
    random,
    seal::Sealed,
};

/// Something that waits to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Random.
    pub id: OutboxId,
    /// The realm.
    pub realm: RealmName,
    /// Which mail.
    pub kind: MessageKind,
    /// To whom, sealed under the realm's outbox key; gone when the row is done.
    pub recipient: Sealed,
    /// The challenge whose links it carries.
    pub challenge: Option<ChallengeId>,
    /// When its cause was committed.
    pub created_at: Timestamp,
    /// Not before.
    pub due_at: Timestamp,
    /// After this it is not worth sending.
    pub give_up_at: Timestamp,
    /// Tries so far.
    pub attempts: u32,
}

/// A row and the lease under which it may be worked on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// The row.
    pub row: OutboxRow,
    /// The lease; whoever settles must name it.
    pub lease: LeaseId,
}

/// Who claims, from when, until when.
#[derive(Debug, Clone)]
pub struct Lease {
    /// Names this holding.
    pub id: LeaseId,
    /// What is due by now may be claimed.
    pub now: Timestamp,
    /// After this others may claim it again.
    pub until: Timestamp,
}

impl Lease {
    /// A lease from now for this long.
    #[must_use]
    pub fn new(ctx: &Ctx, length: Duration) -> Self {
        Self { id: LeaseId::random(ctx.random()), now: ctx.now, until: ctx.now.plus(length) }
    }
}

/// How the work on a claimed row ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Handed over: the row and its recipient are gone.
    Done,
    /// To be tried again at this time; counts as a try.
    Retry(Timestamp),
    /// Not touched: free for anybody at once; does not count as a try.
    Release,
    /// Will never be sent: kept without its recipient, to be counted.
    Dead,
}

/// The first wait after a failure; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(5);
/// No wait is longer.
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);

/// When to try again after this many failures: doubling waits, each cut at random by up to a half, so that a thousand mails
/// do not come back as one wave.
#[must_use]
pub fn retry_at(ctx: &Ctx, failures: u32) -> Timestamp {
    let doublings = failures.saturating_sub(1).min(16);
    let wait = FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT);
    let cut = u64::from(u32::from_be_bytes(random::bytes(ctx.random())));
    let half = u64::try_from(wait.as_millis() / 2).unwrap_or(u64::MAX);
    let jitter = Duration::from_millis(half.saturating_mul(cut) >> 32);
    ctx.now.plus(wait.saturating_sub(jitter))
}
