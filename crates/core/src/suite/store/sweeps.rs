//! The sweep removes what has expired and nothing else.

use super::{KEPT, by_index, done, outbox::ids};
use crate::{
    account::Registration,
    batch,
    link::Challenge,
    message::{Channel, outbox::DeliveryOutcome},
    port::{Batch, ChallengeOp, Op, OutboxOp, OutboxState, RegistrationOp, Replaces, SessionOp, Store, UserOp},
    session::{Family, LogPosition, Revocation, Session},
    suite::{
        Revocations,
        rows::{NOW, at, challenge, here, lease, message, registration, revocation, session, token_hash, user},
    },
};

fn waiting(id: &str, expires_at: i64) -> Op {
    let row = Registration { expires_at: at(expires_at), ..registration(&here(), id, id) };
    RegistrationOp::Put { row, replaces: Replaces::Exactly(None) }.into()
}

fn begun(id: &str, expires_at: i64) -> Op {
    SessionOp::Insert(Session { expires_at: at(expires_at), ..session(&here(), id) }).into()
}

fn used(id: &str, expires_at: i64, idle_until: i64) -> Op {
    let begun = session(&here(), id);
    let family = Family { idle_until: at(idle_until), ..begun.family };
    SessionOp::Insert(Session { expires_at: at(expires_at), family, ..begun }).into()
}

fn ended(id: &str, expires_at: i64) -> Batch {
    let end = Revocation { expires_at: at(expires_at), ..revocation(&here(), id) };
    batch![SessionOp::Insert(session(&here(), id)), SessionOp::End(end)]
}

/// Everything is removed at its expiry and not earlier. Users and queued messages are never swept.
pub async fn expired_rows_are_swept(store: &dyn Store) {
    let (old, new) = (registration(&here(), "old", "old"), registration(&here(), "new", "new"));
    done(store, [waiting("old", 10), waiting("new", 11)]).await;
    done(store, [begun("old", 10), begun("new", 11)]).await;
    done(
        store,
        [10, 11]
            .map(|end| ChallengeOp::Insert(Challenge { expires_at: at(end), ..challenge(&here(), end as u8) }).into()),
    )
    .await;
    done(store, [ended("over", 10), ended("recently-over", 11)].concat()).await;
    done(store, batch![UserOp::Insert(user(&here(), "ada", "ada@example.org")), OutboxOp::Enqueue(message("one"))])
        .await;

    assert_eq!(store.sweep(at(9), KEPT).await.unwrap(), 0);
    assert_eq!(store.sweep(at(10), KEPT).await.unwrap(), 4);
    assert_eq!(store.sweep(at(10), KEPT).await.unwrap(), 0);

    assert_eq!(store.registration(&here(), &old.id).await.unwrap(), None);
    assert!(store.registration(&here(), &new.id).await.unwrap().is_some());
    assert_eq!(store.session(&here(), &session(&here(), "old").id).await.unwrap(), None);
    assert!(store.session(&here(), &session(&here(), "new").id).await.unwrap().is_some());
    assert_eq!(store.challenge(&here(), challenge(&here(), 10).id).await.unwrap(), None);
    assert!(store.challenge(&here(), challenge(&here(), 11).id).await.unwrap().is_some());
    assert_eq!(store.revocations_after(LogPosition(0)).await.unwrap().0.len(), 1);
    assert_eq!(store.sweep(at(1_000_000), KEPT).await.unwrap(), 4);
    assert!(by_index(store, &here(), user(&here(), "ada", "ada@example.org").index).await.0.is_some());
    assert_eq!(ids(&store.claim(Channel::Mail, 10, &lease("first", at(1_000_000))).await.unwrap()), ["one"]);
}

/// The earlier of two times applies: the expiry of the session, or that of its current refresh token. Each session is
/// counted once.
pub async fn sessions_that_were_idle_too_long_are_swept(store: &dyn Store) {
    done(store, [used("idle", 99, 10), used("over", 10, 99), used("both", 10, 10), used("new", 99, 11)]).await;
    done(store, [used("refreshed", 99, 10)]).await;
    let refresh = SessionOp::Rotate {
        realm: here(),
        id: session(&here(), "refreshed").id,
        from: token_hash(1),
        to: token_hash(2),
        at: at(9),
        idle_until: at(20),
    }
    .into();
    done(store, [refresh]).await;
    assert_eq!(store.sweep(at(9), KEPT).await.unwrap(), 0);
    assert_eq!(store.sweep(at(10), KEPT).await.unwrap(), 3);
    for (id, stays) in [("idle", false), ("over", false), ("both", false), ("new", true), ("refreshed", true)] {
        assert_eq!(store.session(&here(), &session(&here(), id).id).await.unwrap().is_some(), stays, "{id}");
    }
    assert_eq!(store.sweep(at(20), KEPT).await.unwrap(), 2);
}

/// Until then they are included in the statistics.
pub async fn dead_messages_are_swept_after_a_month(store: &dyn Store) {
    const DAY: i64 = 24 * 3600;
    done(store, batch![OutboxOp::Enqueue(message("dead")), OutboxOp::Enqueue(message("waiting"))]).await;
    for claimed in store.claim(Channel::Mail, 10, &lease("first", NOW)).await.unwrap() {
        let outcome = if claimed.row.id.as_str() == "dead" { DeliveryOutcome::Dead } else { DeliveryOutcome::Release };
        done(store, batch![OutboxOp::FinishDelivery { id: claimed.row.id, lease: claimed.lease, outcome }]).await;
    }
    assert_eq!(store.sweep(at(29 * DAY), KEPT).await.unwrap(), 0);
    assert_eq!(store.outbox_state(NOW).await.unwrap(), OutboxState { waiting: 1, dead: 1, oldest: Some(NOW) });
    assert_eq!(store.sweep(at(31 * DAY), KEPT).await.unwrap(), 1);
    assert_eq!(store.outbox_state(NOW).await.unwrap(), OutboxState { waiting: 1, dead: 0, oldest: Some(NOW) });
}

/// A sweep may leave some rows for the next one, as long as it reports that it removed something.
pub async fn repeated_sweeps_remove_many_rows(store: &dyn Store) {
    const MANY: usize = 2500;
    // Batches are short by design.
    for some in (0..MANY).collect::<Vec<_>>().chunks(250) {
        done(store, some.iter().map(|n| begun(&format!("s{n}"), 10))).await;
    }
    done(store, [begun("new", 11)]).await;
    let mut swept = 0;
    loop {
        match store.sweep(at(10), KEPT).await.unwrap() {
            0 => break,
            some => swept += some,
        }
    }
    assert_eq!(swept, MANY as u64);
    assert!(store.session(&here(), &session(&here(), "new").id).await.unwrap().is_some());
}
