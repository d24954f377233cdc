//! Batches are atomic and isolated.

use super::{done, fails};
use crate::{
    account::{Registration, User},
    batch,
    id::SessionId,
    link::Purpose,
    message::{
        Channel,
        outbox::{Claimed, DeliveryOutcome},
    },
    port::{
        Batch, ChallengeOp, CommitError, KeyOp, Op, OutboxOp, OutboxState, Precondition, RegistrationOp, Replaces,
        SessionOp, Store, UserOp,
    },
    session::LogPosition,
    suite::{
        join_all,
        rows::{
            NOW, at, audit, challenge, challenge_id, envelope, here, lease, message, registration, revocation,
            root_key, session, session_id, signing_key, token_hash, user, user_id,
        },
    },
};

pub async fn an_empty_batch_is_committed(store: &dyn Store) {
    done(store, []).await;
}

/// This holds for every kind of operation, and for every position of the one that fails.
pub async fn a_batch_that_fails_changes_nothing(store: &dyn Store) {
    let (ada, bob) = (user(&here(), "ada", "ada@example.org"), user(&here(), "bob", "bob@example.org"));
    let waits = registration(&here(), "waits", "waits@example.org");
    done(
        store,
        batch![
            UserOp::Insert(ada.clone()),
            RegistrationOp::Put { row: waits.clone(), replaces: Replaces::Anything },
            ChallengeOp::Insert(challenge(&here(), 1)),
            SessionOp::Insert(session(&here(), "goes-on")),
            SessionOp::Insert(session(&here(), "one-of-all")),
            KeyOp::PutRoot(root_key(&here(), 1)),
            KeyOp::PutSigning(signing_key("old", 0)),
            OutboxOp::Enqueue(message("held")),
        ],
    )
    .await;
    let logged = store.changes_after(LogPosition(0)).await.unwrap();
    let held = store.claim(Channel::Mail, 1, &lease("holder", NOW)).await.unwrap().pop().expect("it is due");

    let good = one_of_each(&ada, &bob, &waits, &held);
    for place in 0..=good.len() {
        let mut batch: Batch = good.to_vec();
        batch.insert(place, UserOp::Require { realm: here(), id: user_id("nobody"), revision: 1 }.into());
        fails(store, batch, Precondition::UserRevision).await;
    }

    assert_eq!(store.user(&here(), &ada.id).await.unwrap(), Some(ada));
    assert_eq!(store.user(&here(), &bob.id).await.unwrap(), None);
    assert_eq!(store.registration(&here(), &waits.id).await.unwrap(), Some(waits));
    assert_eq!(store.registration(&here(), &user_id("new")).await.unwrap(), None);
    assert_eq!(store.challenge(&here(), challenge_id(1)).await.unwrap(), Some(challenge(&here(), 1)));
    assert_eq!(store.challenge(&here(), challenge_id(2)).await.unwrap(), None);
    for goes_on in [session(&here(), "goes-on"), session(&here(), "one-of-all")] {
        assert_eq!(store.session(&here(), &goes_on.id).await.unwrap(), Some(goes_on));
    }
    assert_eq!(store.session(&here(), &session_id("new")).await.unwrap(), None);
    assert_eq!(store.changes_after(LogPosition(0)).await.unwrap(), logged);
    assert_eq!(store.audit_rows(&here(), 10).await.unwrap(), []);
    assert_eq!(store.root_keys().await.unwrap(), [root_key(&here(), 1)]);
    assert_eq!(store.signing_keys().await.unwrap(), [signing_key("old", 0)]);
    assert_eq!(store.outbox_state(NOW).await.unwrap(), OutboxState { waiting: 1, dead: 0, oldest: Some(NOW) });

    // The same batch can be committed afterwards.
    done(store, good).await;
    assert_eq!(store.user(&here(), &bob.id).await.unwrap(), Some(bob));
}

/// Returns a batch with one operation of each kind.
fn one_of_each(ada: &User, bob: &User, waits: &Registration, held: &Claimed) -> Batch {
    batch![
        UserOp::Insert(bob.clone()),
        UserOp::Update(User { envelope: envelope("new"), revision: 2, ..ada.clone() }),
        UserOp::Delete { realm: here(), id: ada.id.clone(), revision: 2 },
        RegistrationOp::Put { row: registration(&here(), "new", "new@example.org"), replaces: Replaces::Anything },
        RegistrationOp::Delete { realm: here(), id: waits.id.clone() },
        ChallengeOp::Insert(challenge(&here(), 2)),
        ChallengeOp::Try { realm: here(), id: challenge_id(1), now: NOW, limit: 1 },
        ChallengeOp::Spend { realm: here(), id: challenge_id(1), now: NOW },
        ChallengeOp::Expire { realm: here(), id: challenge_id(2), at: at(1) },
        ChallengeOp::Drop { realm: here(), subject: user_id("ada"), purpose: Some(Purpose::Registration) },
        SessionOp::Insert(session(&here(), "new")),
        SessionOp::Rotate {
            realm: here(),
            id: session_id("goes-on"),
            from: token_hash(1),
            to: token_hash(2),
            at: at(1),
            idle_until: at(2),
        },
        SessionOp::End(revocation(&here(), "goes-on")),
        SessionOp::EndAll { realm: here(), user: user_id("ada"), except: None, expires_at: at(900) },
        KeyOp::PutRoot(root_key(&here(), 2)),
        KeyOp::PutSigning(signing_key("new", 1)),
        KeyOp::DeleteSigning { kid: "old".to_owned() },
        audit(&here()),
        OutboxOp::Enqueue(message("new")),
        OutboxOp::FinishDelivery { id: held.row.id.clone(), lease: held.lease.clone(), outcome: DeliveryOutcome::Done },
    ]
}

/// Operations are applied in order.
pub async fn a_batch_sees_its_own_writes(store: &dyn Store) {
    let ada = user(&here(), "ada", "ada@example.org");
    let batch = batch![
        UserOp::Insert(ada.clone()),
        UserOp::Update(User { revision: 2, ..ada.clone() }),
        UserOp::Require { realm: here(), id: ada.id.clone(), revision: 2 },
        SessionOp::Insert(session(&here(), "one")),
        SessionOp::End(revocation(&here(), "one")),
    ];
    done(store, batch).await;
    assert_eq!(store.session(&here(), &session_id("one")).await.unwrap(), None);
    let twice = batch![SessionOp::Insert(session(&here(), "two")), SessionOp::Insert(session(&here(), "two"))];
    fails(store, twice, Precondition::SessionThere).await;
    assert_eq!(store.session(&here(), &session_id("two")).await.unwrap(), None);
}

/// Operations take effect in the order of the batch.
pub async fn the_first_precondition_that_fails_is_named(store: &dyn Store) {
    let no_session: Op = SessionOp::End(revocation(&here(), "none")).into();
    let no_challenge: Op = ChallengeOp::Spend { realm: here(), id: challenge_id(1), now: NOW }.into();
    fails(store, [no_session.clone(), no_challenge.clone()], Precondition::SessionThere).await;
    fails(store, [no_challenge, no_session], Precondition::ChallengeFresh).await;
}

/// Successful and failing batches are committed concurrently.
pub async fn failing_batches_do_not_affect_others(store: &dyn Store) {
    let name = |n: usize| format!("session-{n}");
    let batches = (0..60).map(|n| {
        let mut batch = batch![SessionOp::Insert(session(&here(), &name(n))), audit(&here())];
        if n % 3 == 0 {
            batch.push(UserOp::Require { realm: here(), id: user_id("nobody"), revision: 1 }.into());
        }
        store.commit(batch)
    });
    for (n, result) in join_all(batches).await.into_iter().enumerate() {
        let there = store.session(&here(), &SessionId::parse(&name(n)).unwrap()).await.unwrap().is_some();
        match result {
            Ok(()) => assert!(there && n % 3 != 0, "{n}"),
            Err(CommitError::Failed(Precondition::UserRevision)) => assert!(!there && n % 3 == 0, "{n}"),
            Err(error) => panic!("{n}: {error:?}"),
        }
    }
}

/// A read after the commit sees the write while others are writing.
pub async fn committed_data_is_visible_immediately(store: &dyn Store) {
    let writers = (0..30).map(|n| {
        let begun = session(&here(), &format!("session-{n}"));
        let write = async move {
            done(store, batch![SessionOp::Insert(begun.clone())]).await;
            assert_eq!(store.session(&here(), &begun.id).await.unwrap(), Some(begun));
        };
        Box::pin(write) as crate::suite::Pending<'_, ()>
    });
    join_all(writers).await;
}

pub async fn a_store_responds_to_a_ping(store: &dyn Store) {
    store.ping().await.unwrap();
}
