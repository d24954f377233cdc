//! Leases: one holder a message, and whoever dies loses nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::{done, fails, outbox::ids};
use crate::{
    batch,
    clock::Timestamp,
    id::LeaseId,
    message::{
        Channel,
        outbox::{Claimed, DeliveryOutcome, OutboxRow},
    },
    port::{Batch, CommitError, OutboxOp, OutboxState, Precondition, Store},
    random::{self, SeededRandom},
    suite::{
        join_all,
        rows::{NOW, at, lease, message},
    },
};

fn settle(claimed: &Claimed, outcome: DeliveryOutcome) -> Batch {
    batch![OutboxOp::FinishDelivery { id: claimed.row.id.clone(), lease: claimed.lease.clone(), outcome }]
}

/// One message, in the hands of somebody.
async fn claimed(store: &dyn Store) -> Claimed {
    done(store, batch![OutboxOp::Enqueue(message("one"))]).await;
    only(store, "first", NOW).await.expect("it is due")
}

async fn only(store: &dyn Store, by: &str, now: Timestamp) -> Option<Claimed> {
    let mut claimed = store.claim(Channel::Mail, 10, &lease(by, now)).await.unwrap();
    assert!(claimed.len() <= 1);
    claimed.pop()
}

/// Not while the lease lasts.
pub async fn a_claimed_message_is_not_claimed_again(store: &dyn Store) {
    claimed(store).await;
    assert_eq!(only(store, "second", NOW).await, None);
    assert_eq!(only(store, "third", at(59)).await, None);
}

/// Eight who reach for forty at once.
pub async fn two_claimers_never_share_a_message(store: &dyn Store) {
    done(store, (0..40).map(|n| OutboxOp::Enqueue(message(&format!("m{n}"))).into())).await;
    let leases: Vec<_> = (0..8).map(|n| lease(&format!("lease-{n}"), NOW)).collect();
    let claims = join_all(leases.iter().map(|lease| store.claim(Channel::Mail, 7, lease))).await;
    let claims: Vec<_> = claims.into_iter().map(Result::unwrap).collect();
    let different: BTreeSet<_> = claims.iter().flat_map(|claimed| ids(claimed)).collect();
    assert_eq!(claims.iter().map(Vec::len).sum::<usize>(), 40);
    assert_eq!(different.len(), 40);
    for (claims, lease) in claims.iter().zip(&leases) {
        assert!(claims.iter().all(|claimed| claimed.lease == lease.id));
    }
}

/// Nobody needs to clean up after a worker that died.
pub async fn a_lease_that_ran_out_is_claimable(store: &dyn Store) {
    let first = claimed(store).await;
    let second = only(store, "second", at(60)).await.expect("free again");
    assert_eq!(second.row, first.row);
    assert_ne!(second.lease, first.lease);
    assert_eq!(only(store, "third", at(61)).await, None);
}

/// Whatever the outcome that somebody who was too slow has to tell; and it changes nothing.
pub async fn a_lost_lease_settles_nothing(store: &dyn Store) {
    let first = claimed(store).await;
    let second = only(store, "second", at(60)).await.expect("free again");
    for outcome in
        [DeliveryOutcome::Done, DeliveryOutcome::Retry(at(70)), DeliveryOutcome::Release, DeliveryOutcome::Dead]
    {
        fails(store, settle(&first, outcome), Precondition::LeaseHeld).await;
    }
    assert_eq!(only(store, "third", at(61)).await, None);
    done(store, settle(&second, DeliveryOutcome::Done)).await;
    assert_eq!(store.outbox_state(NOW).await.unwrap(), OutboxState::default());
}

/// A lease is lost to somebody else, not to the time.
pub async fn a_late_holder_may_settle_while_nobody_else_claimed(store: &dyn Store) {
    let first = claimed(store).await;
    assert_eq!(store.claim(Channel::Mail, 0, &lease("nothing", at(1000))).await.unwrap(), []);
    done(store, settle(&first, DeliveryOutcome::Done)).await;
    assert_eq!(only(store, "second", at(1000)).await, None);
}

/// The second time nobody holds it; nor can one settle what was never claimed.
pub async fn a_message_is_settled_once(store: &dyn Store) {
    let first = claimed(store).await;
    done(store, settle(&first, DeliveryOutcome::Retry(at(10)))).await;
    for outcome in
        [DeliveryOutcome::Done, DeliveryOutcome::Retry(at(5)), DeliveryOutcome::Release, DeliveryOutcome::Dead]
    {
        fails(store, settle(&first, outcome), Precondition::LeaseHeld).await;
    }
    let never = Claimed { row: message("two"), lease: LeaseId::parse("none").unwrap() };
    fails(store, settle(&never, DeliveryOutcome::Done), Precondition::LeaseHeld).await;
    done(store, batch![OutboxOp::Enqueue(never.row.clone())]).await;
    fails(store, settle(&never, DeliveryOutcome::Done), Precondition::LeaseHeld).await;
}

/// With its recipient.
pub async fn a_message_that_is_done_is_gone(store: &dyn Store) {
    let first = claimed(store).await;
    done(store, settle(&first, DeliveryOutcome::Done)).await;
    assert_eq!(only(store, "second", at(1000)).await, None);
    assert_eq!(store.outbox_state(NOW).await.unwrap(), OutboxState::default());
}

/// The tries are counted.
pub async fn a_message_to_be_tried_again_waits_until_then(store: &dyn Store) {
    let first = claimed(store).await;
    done(store, settle(&first, DeliveryOutcome::Retry(at(10)))).await;
    assert_eq!(only(store, "early", at(9)).await, None);
    let second = only(store, "second", at(10)).await.expect("due again");
    assert_eq!(second.row, OutboxRow { due_at: at(10), attempts: 1, ..first.row });
    done(store, settle(&second, DeliveryOutcome::Retry(at(20)))).await;
    assert_eq!(only(store, "third", at(20)).await.expect("due again").row.attempts, 2);
}

/// And nothing is counted.
pub async fn a_released_message_is_free_at_once(store: &dyn Store) {
    let first = claimed(store).await;
    done(store, settle(&first, DeliveryOutcome::Release)).await;
    let second = only(store, "second", NOW).await.expect("free again");
    assert_eq!(second.row, first.row);
}

/// And never claimed again.
pub async fn a_dead_message_is_counted_without_its_recipient(store: &dyn Store) {
    let first = claimed(store).await;
    done(store, settle(&first, DeliveryOutcome::Dead)).await;
    assert_eq!(only(store, "second", at(1000)).await, None);
    assert_eq!(store.outbox_state(NOW).await.unwrap(), OutboxState { waiting: 0, dead: 1, oldest: None });
    fails(store, settle(&first, DeliveryOutcome::Release), Precondition::LeaseHeld).await;
}

/// Workers that claim, die, come late and settle in any order: every message is done or dead in the end, and never in two
/// hands at once.
pub async fn no_message_is_ever_lost(store: &dyn Store) {
    for seed in 0..3 {
        Chaos::new(seed).run(store).await;
    }
}

/// What a run of the workers believes.
struct Chaos {
    random: SeededRandom,
    now: Timestamp,
    claims: u32,
    seed: u64,
    /// Who holds a message by the store's word, and until when.
    holders: BTreeMap<String, (LeaseId, Timestamp)>,
    /// What somebody has in their hands, rightly or no longer.
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
                1 | 2 => self.settle(store).await,
                _ => self.now = Timestamp::from_secs(self.now.secs() + i64::try_from(self.below(40)).unwrap()),
            }
            let state = store.outbox_state(self.now).await.unwrap();
            assert_eq!((state.waiting, state.dead - dead_before), (self.waiting.len() as u64, self.dead));
        }
        // Whatever happened, all that is left comes up once more.
        self.now = self.now.plus(std::time::Duration::from_secs(10_000));
        let left = store.claim(Channel::Mail, 100, &lease(&format!("s{}-last", self.seed), self.now)).await.unwrap();
        assert_eq!(ids(&left).into_iter().map(str::to_owned).collect::<BTreeSet<_>>(), self.waiting);
        done(store, left.iter().flat_map(|claimed| settle(claimed, DeliveryOutcome::Done))).await;
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

    async fn settle(&mut self, store: &dyn Store) {
        if self.hands.is_empty() {
            return;
        }
        let claimed = self.hands.swap_remove(self.below(self.hands.len()));
        let outcome = match self.below(5) {
            0 => DeliveryOutcome::Done,
            1 => DeliveryOutcome::Dead,
            2 => DeliveryOutcome::Release,
            _ => DeliveryOutcome::Retry(Timestamp::from_secs(self.now.secs() + 20)),
        };
        let id = claimed.row.id.as_str().to_owned();
        let holds = self.holders.get(&id).is_some_and(|(holder, _)| *holder == claimed.lease);
        match store.commit(settle(&claimed, outcome)).await {
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
