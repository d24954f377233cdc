//! Batches of this process that would meet over the same document come one after the other.
//!
//! MongoDB does not make a transaction wait for another: it fails the later one, which has to begin again. That is right
//! between processes; within one, to wait is cheaper, and it is fair.

use std::hash::{BuildHasher, RandomState};

use portcullis_core::port::{ChallengeOp, KeyOp, LimitOp, Op, OutboxOp, RegistrationOp, Replaces, SessionOp, UserOp};
use tokio::sync::{Mutex, MutexGuard};

/// So many turns there are; what shares one by chance waits without need.
const TURNS: usize = 256;

/// The turns, by what batches change.
#[derive(Debug)]
pub(super) struct KeyLocks {
    turns: Vec<Mutex<()>>,
    hasher: RandomState,
}

impl Default for KeyLocks {
    fn default() -> Self {
        Self { turns: std::iter::repeat_with(Mutex::default).take(TURNS).collect(), hasher: RandomState::new() }
    }
}

impl KeyLocks {
    /// Waits until nobody before has anything to do with what this batch changes.
    pub(super) async fn wait(&self, batch: &[Op]) -> Vec<MutexGuard<'_, ()>> {
        let mut numbers: Vec<usize> = batch.iter().flat_map(contested).map(|what| self.number(what)).collect();
        // Always in the same order, so that no two wait for each other.
        numbers.sort_unstable();
        numbers.dedup();
        let mut held = Vec::with_capacity(numbers.len());
        for turn in numbers.into_iter().filter_map(|number| self.turns.get(number)) {
            held.push(turn.lock().await);
        }
        held
    }

    fn number(&self, what: Contested<'_>) -> usize {
        usize::try_from(self.hasher.hash_one(what) % TURNS as u64).unwrap_or_default()
    }
}

/// What more than one batch may want to change at a time.
#[derive(Hash)]
enum Contested<'a> {
    /// An address.
    Address([u8; 32]),
    /// A user, or the registration that becomes one.
    Person(&'a str),
    Challenge([u8; 16]),
    Session(&'a str),
    RootKey,
    Quota([u8; 32]),
    /// The positions of the revocation log.
    Log,
}

fn contested(op: &Op) -> impl Iterator<Item = Contested<'_>> {
    use Contested::{Address, Challenge, Log, Person, Quota, RootKey, Session};
    let pair = match op {
        Op::Key(KeyOp::PutRoot(_)) => [Some(RootKey), None],
        Op::User(UserOp::RequireAddress { index, .. }) => [Some(Address(index.0)), None],
        Op::Registration(RegistrationOp::Put { row, replaces: Replaces::Exactly(Some(id)) }) => {
            [Some(Address(row.index.0)), Some(Person(id.as_str()))]
        }
        Op::Registration(RegistrationOp::Put { row, .. }) => [Some(Address(row.index.0)), None],
        Op::User(UserOp::Insert(user) | UserOp::Update(user)) => {
            [Some(Address(user.index.0)), Some(Person(user.id.as_str()))]
        }
        Op::Registration(RegistrationOp::Contest { id, .. } | RegistrationOp::Delete { id, .. })
        | Op::User(UserOp::Delete { id, .. } | UserOp::Require { id, .. }) => [Some(Person(id.as_str())), None],
        Op::Challenge(ChallengeOp::Drop { subject, .. }) => [Some(Person(subject.as_str())), None],
        Op::Challenge(ChallengeOp::Spend { id, .. } | ChallengeOp::Try { id, .. } | ChallengeOp::Expire { id, .. }) => {
            [Some(Challenge(id.0)), None]
        }
        Op::Limit(LimitOp::Count { key, .. } | LimitOp::CountFailure { key, .. }) => [Some(Quota(key.0)), None],
        Op::Session(SessionOp::Rotate { id, .. }) => [Some(Session(id.as_str())), None],
        Op::Session(SessionOp::End(ended)) => [Some(Session(ended.session.as_str())), Some(Log)],
        Op::Session(SessionOp::EndAll { user, .. }) => [Some(Person(user.as_str())), Some(Log)],
        Op::Key(KeyOp::PutSigning(_) | KeyOp::DeleteSigning { .. })
        | Op::Challenge(ChallengeOp::Insert(_))
        | Op::Session(SessionOp::Insert(_))
        | Op::Outbox(OutboxOp::Enqueue(_) | OutboxOp::FinishDelivery { .. })
        | Op::Audit(_) => [None, None],
    };
    pair.into_iter().flatten()
}
