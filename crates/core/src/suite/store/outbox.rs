//! The outbox: what is due comes out, the oldest first.

use super::{done, fails};
use crate::{
    batch,
    message::{
        Channel, MessageKind,
        outbox::{Claimed, OutboxRow},
    },
    port::{Op, OutboxOp, OutboxState, Precondition, Store, UserOp},
    suite::rows::{NOW, at, here, lease, message, sealed, there, user, user_id},
};

/// The identifiers of what was claimed.
pub(super) fn ids(claimed: &[Claimed]) -> Vec<&str> {
    claimed.iter().map(|claimed| claimed.row.id.as_str()).collect()
}

/// All columns survive.
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
        ..message("other")
    };
    done(store, batch![OutboxOp::Enqueue(one.clone()), OutboxOp::Enqueue(other.clone())]).await;
    let lease = lease("first", NOW);
    let claimed = store.claim(Channel::Mail, 10, &lease).await.unwrap();
    let with_lease = |row| Claimed { row, lease: lease.id.clone() };
    assert_eq!(claimed, [with_lease(other), with_lease(one)]);
}

/// Due is what should have been sent by now, not what comes later.
pub async fn what_is_not_due_is_not_claimed(store: &dyn Store) {
    done(store, batch![OutboxOp::Enqueue(OutboxRow { due_at: at(10), ..message("one") })]).await;
    assert_eq!(store.claim(Channel::Mail, 10, &lease("early", at(9))).await.unwrap(), []);
    assert_eq!(ids(&store.claim(Channel::Mail, 10, &lease("late", at(10))).await.unwrap()), ["one"]);
}

/// Whatever the order in which they came.
pub async fn the_oldest_due_come_first(store: &dyn Store) {
    for (id, due) in [("c", -1), ("a", -3), ("d", 0), ("b", -2)] {
        done(store, batch![OutboxOp::Enqueue(OutboxRow { due_at: at(due), ..message(id) })]).await;
    }
    assert_eq!(ids(&store.claim(Channel::Mail, 3, &lease("first", NOW)).await.unwrap()), ["a", "b", "c"]);
    assert_eq!(ids(&store.claim(Channel::Mail, 3, &lease("second", NOW)).await.unwrap()), ["d"]);
}

/// As they came, so that what was said first is read first.
pub async fn of_those_due_at_the_same_time_the_first_comes_first(store: &dyn Store) {
    let names = ["m", "c", "z", "a", "q", "b", "y", "k"];
    for two in names.chunks(2) {
        done(store, two.iter().map(|id| OutboxOp::Enqueue(message(id)).into())).await;
    }
    assert_eq!(ids(&store.claim(Channel::Mail, 10, &lease("first", NOW)).await.unwrap()), names);
}

/// Nor less, while there is some.
pub async fn no_more_is_claimed_than_was_asked_for(store: &dyn Store) {
    done(store, ["a", "b", "c"].map(|id| OutboxOp::Enqueue(message(id)).into())).await;
    assert_eq!(store.claim(Channel::Mail, 0, &lease("none", NOW)).await.unwrap(), []);
    assert_eq!(store.claim(Channel::Mail, 2, &lease("two", NOW)).await.unwrap().len(), 2);
    assert_eq!(store.claim(Channel::Mail, 2, &lease("rest", NOW)).await.unwrap().len(), 1);
    assert_eq!(store.claim(Channel::Mail, 2, &lease("more", NOW)).await.unwrap(), []);
}

/// No mail speaks of what has not happened.
pub async fn a_message_comes_with_its_cause_or_not_at_all(store: &dyn Store) {
    let require: Op = UserOp::Require { realm: here(), id: user_id("ada"), revision: 1 }.into();
    fails(store, batch![OutboxOp::Enqueue(message("early")), require.clone()], Precondition::UserRevision).await;
    assert_eq!(store.claim(Channel::Mail, 10, &lease("first", NOW)).await.unwrap(), []);
    let ada = user(&here(), "ada", "ada@example.org");
    done(store, batch![UserOp::Insert(ada), require, OutboxOp::Enqueue(message("now"))]).await;
    assert_eq!(ids(&store.claim(Channel::Mail, 10, &lease("second", NOW)).await.unwrap()), ["now"]);
}

/// What is being worked on still waits.
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
