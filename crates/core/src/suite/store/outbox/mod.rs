//! The outbox returns due messages, oldest first.

mod lists;
mod workers;

pub use lists::{
    a_message_is_read_hastened_and_dropped, a_message_keeps_the_fault_of_its_latest_attempt,
    messages_are_listed_by_age_and_filters, messages_are_listed_by_recipient,
};
pub use workers::no_message_is_ever_lost;

use std::collections::BTreeSet;

use super::{done, fails};
use crate::{
    batch,
    clock::Timestamp,
    id::LeaseId,
    message::{
        Channel, MessageKind,
        outbox::{Claimed, DeliveryOutcome, OutboxRow},
    },
    port::{Batch, Op, OutboxOp, OutboxState, Precondition, Store, UserOp},
    suite::{
        join_all,
        rows::{NOW, at, here, lease, message, sealed, there, user, user_id},
    },
};

/// Returns the identifiers of claimed rows.
pub(super) fn ids(claimed: &[Claimed]) -> Vec<&str> {
    claimed.iter().map(|claimed| claimed.row.id.as_str()).collect()
}

pub async fn a_message_is_claimed_as_written(store: &dyn Store) {
    let one = message("one");
    let other = OutboxRow {
        realm: there(),
        kind: MessageKind::Welcome,
        recipient: sealed("somebody else"),
        challenge: None,
        created_at: at(-20),
        due_at: at(-10),
        give_up_at: at(10),
        attempts: 3,
        unknowns: 2,
        ..message("other")
    };
    done(store, batch![OutboxOp::Enqueue(one.clone()), OutboxOp::Enqueue(other.clone())]).await;
    let lease = lease("first", NOW);
    let claimed = store.claim(Channel::Mail, 10, &lease).await.unwrap();
    let with_lease = |row| Claimed { row, lease: lease.id.clone() };
    assert_eq!(claimed, [with_lease(other), with_lease(one)]);
}

pub async fn messages_that_are_not_due_are_not_claimed(store: &dyn Store) {
    done(store, batch![OutboxOp::Enqueue(OutboxRow { due_at: at(10), ..message("one") })]).await;
    assert_eq!(store.claim(Channel::Mail, 10, &lease("early", at(9))).await.unwrap(), []);
    assert_eq!(ids(&store.claim(Channel::Mail, 10, &lease("late", at(10))).await.unwrap()), ["one"]);
}

/// The order of insertion does not matter.
pub async fn the_oldest_due_messages_come_first(store: &dyn Store) {
    for (id, due) in [("c", -1), ("a", -3), ("d", 0), ("b", -2)] {
        done(store, batch![OutboxOp::Enqueue(OutboxRow { due_at: at(due), ..message(id) })]).await;
    }
    assert_eq!(ids(&store.claim(Channel::Mail, 3, &lease("first", NOW)).await.unwrap()), ["a", "b", "c"]);
    assert_eq!(ids(&store.claim(Channel::Mail, 3, &lease("second", NOW)).await.unwrap()), ["d"]);
}

/// The order of insertion is kept, so that messages are sent in the order of their causes.
pub async fn messages_due_at_the_same_time_keep_their_order(store: &dyn Store) {
    let names = ["m", "c", "z", "a", "q", "b", "y", "k"];
    for two in names.chunks(2) {
        done(store, two.iter().map(|id| OutboxOp::Enqueue(message(id)).into())).await;
    }
    assert_eq!(ids(&store.claim(Channel::Mail, 10, &lease("first", NOW)).await.unwrap()), names);
}

/// A claim returns as many messages as it requests, if there are enough.
pub async fn a_claim_returns_no_more_than_requested(store: &dyn Store) {
    done(store, ["a", "b", "c"].map(|id| OutboxOp::Enqueue(message(id)).into())).await;
    assert_eq!(store.claim(Channel::Mail, 0, &lease("none", NOW)).await.unwrap(), []);
    assert_eq!(store.claim(Channel::Mail, 2, &lease("two", NOW)).await.unwrap().len(), 2);
    assert_eq!(store.claim(Channel::Mail, 2, &lease("rest", NOW)).await.unwrap().len(), 1);
    assert_eq!(store.claim(Channel::Mail, 2, &lease("more", NOW)).await.unwrap(), []);
}

/// No message is sent about something that was not committed.
pub async fn a_message_is_committed_with_its_cause_or_not_at_all(store: &dyn Store) {
    let require: Op = UserOp::Require { realm: here(), id: user_id("ada"), revision: 1 }.into();
    fails(store, batch![OutboxOp::Enqueue(message("early")), require.clone()], Precondition::UserRevision).await;
    assert_eq!(store.claim(Channel::Mail, 10, &lease("first", NOW)).await.unwrap(), []);
    let ada = user(&here(), "ada", "ada@example.org");
    done(store, batch![UserOp::Insert(ada), require, OutboxOp::Enqueue(message("now"))]).await;
    assert_eq!(ids(&store.claim(Channel::Mail, 10, &lease("second", NOW)).await.unwrap()), ["now"]);
}

/// A message that is being delivered is still counted as queued.
pub async fn the_outbox_is_counted(store: &dyn Store) {
    assert_eq!(store.outbox_state(NOW).await.unwrap(), OutboxState::default());
    let older = OutboxRow { created_at: at(-30), due_at: at(60), ..message("later") };
    done(store, batch![OutboxOp::Enqueue(message("one")), OutboxOp::Enqueue(older), OutboxOp::Enqueue(message("two"))])
        .await;
    let counted = OutboxState { waiting: 3, dead: 0, oldest: Some(at(-30)) };
    assert_eq!(store.outbox_state(NOW).await.unwrap(), counted);
    store.claim(Channel::Mail, 10, &lease("first", NOW)).await.unwrap();
    assert_eq!(store.outbox_state(NOW).await.unwrap(), counted);
}

fn finish(claimed: &Claimed, outcome: DeliveryOutcome) -> Batch {
    batch![OutboxOp::FinishDelivery { id: claimed.row.id.clone(), lease: claimed.lease.clone(), outcome }]
}

/// Adds one message and claims it.
async fn claimed(store: &dyn Store) -> Claimed {
    done(store, batch![OutboxOp::Enqueue(message("one"))]).await;
    only(store, "first", NOW).await.expect("it is due")
}

async fn only(store: &dyn Store, by: &str, now: Timestamp) -> Option<Claimed> {
    let mut claimed = store.claim(Channel::Mail, 10, &lease(by, now)).await.unwrap();
    assert!(claimed.len() <= 1);
    claimed.pop()
}

/// This holds as long as the lease is valid.
pub async fn a_claimed_message_is_not_claimed_again(store: &dyn Store) {
    claimed(store).await;
    assert_eq!(only(store, "second", NOW).await, None);
    assert_eq!(only(store, "third", at(59)).await, None);
}

/// Eight workers claim forty messages concurrently.
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

/// A worker that died requires no clean-up.
pub async fn a_message_with_an_expired_lease_can_be_claimed(store: &dyn Store) {
    let first = claimed(store).await;
    let second = only(store, "second", at(60)).await.expect("free again");
    assert_eq!(second.row, first.row);
    assert_ne!(second.lease, first.lease);
    assert_eq!(only(store, "third", at(61)).await, None);
}

/// This holds for every outcome, and nothing is changed.
pub async fn a_lost_lease_records_no_outcome(store: &dyn Store) {
    let first = claimed(store).await;
    let second = only(store, "second", at(60)).await.expect("free again");
    for outcome in
        [DeliveryOutcome::Done, DeliveryOutcome::Unknown(at(70)), DeliveryOutcome::Release, DeliveryOutcome::Dead]
    {
        fails(store, finish(&first, outcome), Precondition::LeaseHeld).await;
    }
    assert_eq!(only(store, "third", at(61)).await, None);
    done(store, finish(&second, DeliveryOutcome::Done)).await;
    assert_eq!(store.outbox_state(NOW).await.unwrap(), OutboxState::default());
}

/// A lease is lost when another worker claims the message, not when it expires.
pub async fn a_late_holder_may_finish_unless_the_message_was_claimed_again(store: &dyn Store) {
    let first = claimed(store).await;
    assert_eq!(store.claim(Channel::Mail, 0, &lease("nothing", at(1000))).await.unwrap(), []);
    done(store, finish(&first, DeliveryOutcome::Done)).await;
    assert_eq!(only(store, "second", at(1000)).await, None);
}

/// The second attempt has no lease; a row that was never claimed cannot be finished either.
pub async fn a_message_is_finished_once(store: &dyn Store) {
    let first = claimed(store).await;
    done(store, finish(&first, DeliveryOutcome::Retry(at(10)))).await;
    for outcome in
        [DeliveryOutcome::Done, DeliveryOutcome::Retry(at(5)), DeliveryOutcome::Release, DeliveryOutcome::Dead]
    {
        fails(store, finish(&first, outcome), Precondition::LeaseHeld).await;
    }
    let never = Claimed { row: message("two"), lease: LeaseId::parse("none").unwrap() };
    fails(store, finish(&never, DeliveryOutcome::Done), Precondition::LeaseHeld).await;
    done(store, batch![OutboxOp::Enqueue(never.row.clone())]).await;
    fails(store, finish(&never, DeliveryOutcome::Done), Precondition::LeaseHeld).await;
}

/// Its recipient is erased, too.
pub async fn a_delivered_message_is_removed(store: &dyn Store) {
    let first = claimed(store).await;
    done(store, finish(&first, DeliveryOutcome::Done)).await;
    assert_eq!(only(store, "second", at(1000)).await, None);
    assert_eq!(store.outbox_state(NOW).await.unwrap(), OutboxState::default());
}

/// Attempts are counted.
pub async fn a_message_to_retry_waits_until_it_is_due(store: &dyn Store) {
    let first = claimed(store).await;
    done(store, finish(&first, DeliveryOutcome::Retry(at(10)))).await;
    assert_eq!(only(store, "early", at(9)).await, None);
    let second = only(store, "second", at(10)).await.expect("due again");
    assert_eq!(second.row, OutboxRow { due_at: at(10), attempts: 1, ..first.row });
    done(store, finish(&second, DeliveryOutcome::Retry(at(20)))).await;
    assert_eq!(only(store, "third", at(20)).await.expect("due again").row.attempts, 2);
}

/// They are counted in addition to all attempts, so that the number of possible copies is limited.
pub async fn attempts_with_an_unknown_outcome_are_counted(store: &dyn Store) {
    let first = claimed(store).await;
    done(store, finish(&first, DeliveryOutcome::Unknown(at(10)))).await;
    assert_eq!(only(store, "early", at(9)).await, None);
    let second = only(store, "second", at(10)).await.expect("due again");
    assert_eq!(second.row, OutboxRow { due_at: at(10), attempts: 1, unknowns: 1, ..first.row });
    done(store, finish(&second, DeliveryOutcome::Retry(at(20)))).await;
    let third = only(store, "third", at(20)).await.expect("due again");
    assert_eq!((third.row.attempts, third.row.unknowns), (2, 1));
}

/// No other worker can extend it.
pub async fn a_lease_is_extended_by_its_holder(store: &dyn Store) {
    let first = claimed(store).await;
    let extend = |claimed: &Claimed, until| {
        batch![OutboxOp::ExtendLease { id: claimed.row.id.clone(), lease: claimed.lease.clone(), until: at(until) }]
    };
    done(store, extend(&first, 600)).await;
    assert_eq!(only(store, "early", at(599)).await, None);
    let second = only(store, "second", at(600)).await.expect("free again");
    fails(store, extend(&first, 900), Precondition::LeaseHeld).await;
    done(store, finish(&second, DeliveryOutcome::Done)).await;
    fails(store, extend(&second, 900), Precondition::LeaseHeld).await;
}

/// The number of attempts does not change.
pub async fn a_released_message_can_be_claimed_immediately(store: &dyn Store) {
    let first = claimed(store).await;
    done(store, finish(&first, DeliveryOutcome::Release)).await;
    let second = only(store, "second", NOW).await.expect("free again");
    assert_eq!(second.row, first.row);
}

/// An abandoned message is never claimed again.
pub async fn a_dead_message_is_counted_without_its_recipient(store: &dyn Store) {
    let first = claimed(store).await;
    done(store, finish(&first, DeliveryOutcome::Dead)).await;
    assert_eq!(only(store, "second", at(1000)).await, None);
    assert_eq!(store.outbox_state(NOW).await.unwrap(), OutboxState { waiting: 0, dead: 1, oldest: None });
    fails(store, finish(&first, DeliveryOutcome::Release), Precondition::LeaseHeld).await;
}
