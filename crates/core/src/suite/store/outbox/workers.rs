//! Workers that crash, are late, and finish deliveries in any order.

use std::collections::{BTreeMap, BTreeSet};

use super::{finish, ids};
use crate::{
    clock::Timestamp,
    id::LeaseId,
    message::{
        Channel,
        outbox::{Claimed, DeliveryOutcome, OutboxRow},
    },
    port::{CommitError, OutboxOp, Precondition, Store},
    random::{self, SeededRandom},
    suite::{
        rows::{at, lease, message},
        store::done,
    },
};

/// Workers claim, crash, are late and finish in any order. In the end, every message is done or dead, and no message
/// ever has two valid leases.
pub async fn no_message_is_ever_lost(store: &dyn Store) {
    for seed in 0..3 {
        Chaos::new(seed).run(store).await;
    }
}

/// Expected state of a run of the workers.
struct Chaos {
    random: SeededRandom,
    now: Timestamp,
    claims: u32,
    seed: u64,
    /// Lease holders according to the store, with the expiry of each lease.
    holders: BTreeMap<String, (LeaseId, Timestamp)>,
    /// Rows claimed by a worker, including those with a lost lease.
    hands: Vec<Claimed>,
    waiting: BTreeSet<String>,
    dead: u64,
}

impl Chaos {
    const MESSAGES: usize = 12;

    fn new(seed: u64) -> Self {
        let (random, now) = (SeededRandom::new(seed), at(i64::try_from(seed).unwrap() * 100_000));
        let waiting = (0..Self::MESSAGES).map(|n| format!("s{seed}-m{n}")).collect();
        Self { random, now, claims: 0, seed, holders: BTreeMap::new(), hands: Vec::new(), waiting, dead: 0 }
    }

    fn below(&self, bound: usize) -> usize {
        usize::from(u16::from_be_bytes(random::bytes(&self.random))) % bound
    }

    async fn run(mut self, store: &dyn Store) {
        let dead_before = store.outbox_state(self.now).await.unwrap().dead;
        done(
            store,
            self.waiting.iter().map(|id| OutboxOp::Enqueue(OutboxRow { due_at: self.now, ..message(id) }).into()),
        )
        .await;
        for _ in 0..120 {
            match self.below(4) {
                0 => self.claim(store).await,
                1 | 2 => self.finish(store).await,
                _ => self.now = Timestamp::from_secs(self.now.secs() + i64::try_from(self.below(40)).unwrap()),
            }
            let state = store.outbox_state(self.now).await.unwrap();
            assert_eq!((state.waiting, state.dead - dead_before), (self.waiting.len() as u64, self.dead));
        }
        // All remaining messages become due once more.
        self.now = self.now.plus(std::time::Duration::from_secs(10_000));
        let left = store.claim(Channel::Mail, 100, &lease(&format!("s{}-last", self.seed), self.now)).await.unwrap();
        assert_eq!(ids(&left).into_iter().map(str::to_owned).collect::<BTreeSet<_>>(), self.waiting);
        done(store, left.iter().flat_map(|claimed| finish(claimed, DeliveryOutcome::Done))).await;
    }

    async fn claim(&mut self, store: &dyn Store) {
        self.claims += 1;
        let lease = lease(&format!("s{}-c{}", self.seed, self.claims), self.now);
        for claimed in store.claim(Channel::Mail, 1 + self.below(4), &lease).await.unwrap() {
            let id = claimed.row.id.as_str().to_owned();
            assert!(self.waiting.contains(&id), "{id} was settled before");
            let before = self.holders.insert(id, (lease.id.clone(), lease.until));
            assert!(before.is_none_or(|(_, until)| until <= self.now), "two hold {:?}", claimed.row.id);
            self.hands.push(claimed);
        }
    }

    async fn finish(&mut self, store: &dyn Store) {
        if self.hands.is_empty() {
            return;
        }
        let claimed = self.hands.swap_remove(self.below(self.hands.len()));
        let outcome = match self.below(6) {
            0 => DeliveryOutcome::Done,
            1 => DeliveryOutcome::Dead,
            2 => DeliveryOutcome::Release,
            3 => DeliveryOutcome::Unknown(Timestamp::from_secs(self.now.secs() + 20)),
            _ => DeliveryOutcome::Retry(Timestamp::from_secs(self.now.secs() + 20)),
        };
        let id = claimed.row.id.as_str().to_owned();
        let holds = self.holders.get(&id).is_some_and(|(holder, _)| *holder == claimed.lease);
        match store.commit(finish(&claimed, outcome)).await {
            Ok(()) => assert!(holds, "{id} was settled under a lost lease"),
            Err(CommitError::Failed(Precondition::LeaseHeld)) => return assert!(!holds, "{id} could not be settled"),
            Err(error) => panic!("{error:?}"),
        }
        self.holders.remove(&id);
        if matches!(outcome, DeliveryOutcome::Done | DeliveryOutcome::Dead) {
            self.waiting.remove(&id);
            self.dead += u64::from(outcome == DeliveryOutcome::Dead);
        }
    }
}
