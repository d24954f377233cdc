//! Registrations: one per address, each replacing an expected one.

use super::{by_index, done, fails, one_wins};
use crate::{
    account::Registration,
    batch,
    clock::Timestamp,
    id::UserId,
    port::{ChallengeOp, Op, Precondition, RegistrationOp, Replaces, Store, UserOp},
    suite::{
        Pending, join_all,
        rows::{at, challenge, challenge_id, envelope, here, index, registration, there, user_id},
    },
};

fn first(row: &Registration) -> Op {
    RegistrationOp::Put { row: row.clone(), replaces: Replaces::Exactly(None) }.into()
}

fn over(row: &Registration, replaced: &UserId) -> Op {
    RegistrationOp::Put { row: row.clone(), replaces: Replaces::Exactly(Some(replaced.clone())) }.into()
}

fn anyhow(row: &Registration) -> Op {
    RegistrationOp::Put { row: row.clone(), replaces: Replaces::Anything }.into()
}

fn delete(row: &Registration) -> Op {
    RegistrationOp::Delete { realm: row.realm.clone(), id: row.id.clone() }.into()
}

async fn stands(store: &dyn Store, row: &Registration) {
    assert_eq!(store.registration(&row.realm, &row.id).await.unwrap().as_ref(), Some(row));
    assert_eq!(by_index(store, &row.realm, row.index).await.1.as_ref(), Some(row));
}

async fn is_gone(store: &dyn Store, row: &Registration) {
    assert_eq!(store.registration(&row.realm, &row.id).await.unwrap(), None);
}

pub async fn a_registration_is_read_as_written(store: &dyn Store) {
    let plain = registration(&here(), "ada", "ada@example.org");
    let contested = Registration {
        contested: true,
        created_at: at(-7),
        expires_at: at(7),
        ..registration(&here(), "bob", "bob@example.org")
    };
    done(store, [first(&plain), first(&contested)]).await;
    stands(store, &plain).await;
    stands(store, &contested).await;
}

/// If no registration is expected, none may exist.
pub async fn a_registration_can_require_a_free_address(store: &dyn Store) {
    let (old, new) = (registration(&here(), "old", "ada@example.org"), registration(&here(), "new", "ada@example.org"));
    done(store, [first(&old)]).await;
    fails(store, [first(&new)], Precondition::RegistrationReplaced).await;
    stands(store, &old).await;
    is_gone(store, &new).await;
}

/// The old registration is removed, and its identifier with it.
pub async fn a_registration_replaces_the_expected_one(store: &dyn Store) {
    let (old, new) = (registration(&here(), "old", "ada@example.org"), registration(&here(), "new", "ada@example.org"));
    done(store, [first(&old)]).await;
    done(store, [over(&new, &old.id)]).await;
    stands(store, &new).await;
    is_gone(store, &old).await;
}

/// A registration that no longer exists, or that has another address, is not replaced.
pub async fn a_registration_does_not_replace_an_unexpected_one(store: &dyn Store) {
    let (old, new) = (registration(&here(), "old", "ada@example.org"), registration(&here(), "new", "ada@example.org"));
    let bystander = registration(&here(), "bob", "bob@example.org");
    done(store, [first(&bystander)]).await;
    fails(store, [over(&new, &old.id)], Precondition::RegistrationReplaced).await;
    fails(store, [over(&new, &bystander.id)], Precondition::RegistrationReplaced).await;
    done(store, [first(&old)]).await;
    fails(store, [over(&new, &bystander.id)], Precondition::RegistrationReplaced).await;
    fails(store, [over(&new, &new.id)], Precondition::RegistrationReplaced).await;
    stands(store, &old).await;
    stands(store, &bystander).await;
    is_gone(store, &new).await;
}

/// There may be one, or none.
pub async fn a_registration_may_replace_anything(store: &dyn Store) {
    let (old, new) = (registration(&here(), "old", "ada@example.org"), registration(&here(), "new", "ada@example.org"));
    done(store, [anyhow(&old)]).await;
    done(store, [anyhow(&new)]).await;
    stands(store, &new).await;
    is_gone(store, &old).await;
}

/// This happens when a sign-up is repeated, for example with a new challenge.
pub async fn a_registration_may_replace_itself(store: &dyn Store) {
    let old = registration(&here(), "ada", "ada@example.org");
    let new = Registration { contested: true, ..old.clone() };
    done(store, [first(&old)]).await;
    done(store, [over(&new, &old.id)]).await;
    stands(store, &new).await;
    done(store, [anyhow(&old)]).await;
    stands(store, &old).await;
}

/// An identifier that is in use for another address is not moved.
pub async fn an_identifier_has_one_registration(store: &dyn Store) {
    let old = registration(&here(), "ada", "ada@example.org");
    let new = registration(&here(), "ada", "bob@example.org");
    done(store, [first(&old)]).await;
    fails(store, [first(&new)], Precondition::RegistrationReplaced).await;
    fails(store, [anyhow(&new)], Precondition::RegistrationReplaced).await;
    stands(store, &old).await;
    assert_eq!(by_index(store, &here(), new.index).await, (None, None));
}

/// The race for an address has one winner, and the others learn that they replaced nothing.
pub async fn of_fifty_first_registrations_of_an_address_one_is_written(store: &dyn Store) {
    let racers = (0..50).map(|n| first(&registration(&here(), &format!("user-{n}"), "ada@example.org")));
    one_wins(store, racers, Precondition::RegistrationReplaced).await;
    let (_, winner) = by_index(store, &here(), index("ada@example.org")).await;
    stands(store, &winner.expect("one was written")).await;
}

/// Later writes never reset the flag as long as the registration exists.
pub async fn a_contested_registration_remains_contested(store: &dyn Store) {
    let row = registration(&here(), "ada", "ada");
    let end = row.expires_at;
    let contest = |is_contested| {
        RegistrationOp::Contest { realm: here(), id: row.id.clone(), is_contested, expires_at: end }.into()
    };
    fails(store, [contest(true)], Precondition::RegistrationThere).await;
    done(store, batch![RegistrationOp::Put { row: row.clone(), replaces: Replaces::Exactly(None) }]).await;
    for (said, is_contested) in [(false, false), (true, true), (false, true)] {
        done(store, [contest(said)]).await;
        let read = store.registration(&here(), &row.id).await.unwrap().unwrap();
        assert_eq!(read, Registration { contested: is_contested, ..row.clone() });
    }
    let other =
        RegistrationOp::Contest { realm: there(), id: row.id.clone(), is_contested: true, expires_at: end }.into();
    fails(store, [other], Precondition::RegistrationThere).await;
    // A caller that read it before it became contested cannot replace it with an uncontested one.
    let newer = registration(&here(), "ada-too", "ada");
    assert_eq!(newer.index, row.index);
    fails(store, [over(&newer, &row.id)], Precondition::RegistrationReplaced).await;
    let later = Timestamp::from_millis(end.millis() + 1);
    let prolong = |expires_at| {
        RegistrationOp::Contest { realm: here(), id: row.id.clone(), is_contested: false, expires_at }.into()
    };
    done(store, [prolong(later), prolong(end)]).await;
    assert_eq!(store.registration(&here(), &row.id).await.unwrap().unwrap().expires_at, later);
    done(store, [over(&Registration { contested: true, ..newer.clone() }, &row.id), delete(&newer)]).await;
    done(store, [first(&row)]).await;
    done(store, [delete(&row)]).await;
    fails(store, [contest(true)], Precondition::RegistrationThere).await;
}

/// A missing registration cannot be deleted.
pub async fn a_registration_is_deleted_once(store: &dyn Store) {
    let row = registration(&here(), "ada", "ada@example.org");
    fails(store, [delete(&row)], Precondition::RegistrationThere).await;
    done(store, [first(&row)]).await;
    done(store, [delete(&row)]).await;
    is_gone(store, &row).await;
    assert_eq!(by_index(store, &here(), row.index).await, (None, None));
    fails(store, [delete(&row)], Precondition::RegistrationThere).await;
}

/// This is the batch of a verification.
pub async fn a_registration_becomes_the_user(store: &dyn Store) {
    let row = registration(&here(), "ada", "ada@example.org");
    done(store, batch![first(&row), ChallengeOp::Insert(challenge(&here(), 1))]).await;
    let settle = batch![
        ChallengeOp::Spend { realm: here(), id: challenge_id(1), now: at(1) },
        delete(&row),
        UserOp::Insert(row.clone().into_user()),
    ];
    done(store, settle.clone()).await;
    assert_eq!(by_index(store, &here(), row.index).await, (Some(row.clone().into_user()), None));
    fails(store, settle, Precondition::ChallengeFresh).await;
    // The address can still be registered: only its owner learns that it is taken.
    let again = registration(&here(), "eve", "ada@example.org");
    done(store, [first(&again)]).await;
    assert_eq!(by_index(store, &here(), row.index).await, (Some(row.into_user()), Some(again)));
}

/// Concurrent readers of the address see either the registration or the user, never both and never neither.
pub async fn an_address_is_never_read_with_neither_registration_nor_user(store: &dyn Store) {
    for n in 0..10 {
        let row = registration(&here(), &format!("user-{n}"), &format!("{n}@example.org"));
        done(store, [first(&row)]).await;
        let settle: Pending<'_, ()> =
            Box::pin(done(store, batch![delete(&row), UserOp::Insert(row.clone().into_user())]));
        let look = || -> Pending<'_, ()> {
            Box::pin(async {
                let (user, waiting) = by_index(store, &here(), row.index).await;
                assert!(user.is_some() != waiting.is_some(), "{user:?} and {waiting:?}");
            })
        };
        join_all([look(), look(), settle, look(), look()]).await;
    }
}

/// The caller decides whether it has expired.
pub async fn an_expired_registration_is_still_returned(store: &dyn Store) {
    let row = Registration { expires_at: at(-1000), ..registration(&here(), "ada", "ada@example.org") };
    done(store, [first(&row)]).await;
    stands(store, &row).await;
}

/// The same identifier and address belong to different registrations in two realms.
pub async fn registrations_of_two_realms_are_separate(store: &dyn Store) {
    let one = registration(&here(), "ada", "ada@example.org");
    let other = Registration { envelope: envelope("the other"), ..registration(&there(), "ada", "ada@example.org") };
    done(store, [first(&one)]).await;
    fails(store, [delete(&other)], Precondition::RegistrationThere).await;
    done(store, [first(&other)]).await;
    stands(store, &one).await;
    stands(store, &other).await;
    done(store, [anyhow(&Registration { id: user_id("bob"), ..other.clone() })]).await;
    stands(store, &one).await;
    is_gone(store, &other).await;
}
