//! Store tests of users: addresses and identifiers are unique, and a change must name the current revision.

use super::{by_index, done, fails, one_wins};
use crate::{
    account::User,
    batch,
    id::RealmName,
    port::{Op, Precondition, Store, UserOp},
    suite::rows::{at, envelope, here, index, there, user, user_id},
};

fn delete(realm: &RealmName, id: &str, revision: u64) -> Op {
    UserOp::Delete { realm: realm.clone(), id: user_id(id), revision }.into()
}

/// All columns are stored, including the optional ones.
pub async fn a_user_is_read_as_written(store: &dyn Store) {
    let ada = User { phone_verified_at: Some(at(-5)), created_at: at(-10), ..user(&here(), "ada", "ada@example.org") };
    let bob = user(&here(), "bob", "bob@example.org");
    done(store, batch![UserOp::Insert(ada.clone()), UserOp::Insert(bob.clone())]).await;
    for wanted in [ada, bob] {
        assert_eq!(store.user(&here(), &wanted.id).await.unwrap().as_ref(), Some(&wanted));
        assert_eq!(by_index(store, &here(), wanted.index).await, (Some(wanted), None));
    }
}

/// A missing user is not an error.
pub async fn a_missing_user_is_not_found(store: &dyn Store) {
    assert_eq!(store.user(&here(), &user_id("ada")).await.unwrap(), None);
    assert_eq!(by_index(store, &here(), index("ada@example.org")).await, (None, None));
}

/// The second one is rejected, and the first is kept.
pub async fn an_address_has_one_user(store: &dyn Store) {
    let first = user(&here(), "ada", "ada@example.org");
    done(store, batch![UserOp::Insert(first.clone())]).await;
    fails(store, batch![UserOp::Insert(user(&here(), "eve", "ada@example.org"))], Precondition::UserFree).await;
    assert_eq!(by_index(store, &here(), first.index).await.0, Some(first));
    assert_eq!(store.user(&here(), &user_id("eve")).await.unwrap(), None);
}

/// The second one is rejected, and the first is kept.
pub async fn an_identifier_has_one_user(store: &dyn Store) {
    let first = user(&here(), "ada", "ada@example.org");
    done(store, batch![UserOp::Insert(first.clone())]).await;
    fails(store, batch![UserOp::Insert(user(&here(), "ada", "eve@example.org"))], Precondition::UserFree).await;
    assert_eq!(store.user(&here(), &first.id).await.unwrap(), Some(first));
}

/// The race for an address has one winner.
pub async fn of_fifty_users_racing_for_an_address_one_is_written(store: &dyn Store) {
    let racers = (0..50).map(|n| UserOp::Insert(user(&here(), &format!("user-{n}"), "ada@example.org")).into());
    one_wins(store, racers, Precondition::UserFree).await;
    let (winner, _) = by_index(store, &here(), index("ada@example.org")).await;
    let winner = winner.expect("one was written");
    assert_eq!(store.user(&here(), &winner.id).await.unwrap(), Some(winner));
}

/// An old revision and one that leaves a gap are rejected.
pub async fn an_update_follows_the_revision_it_was_made_from(store: &dyn Store) {
    let first = user(&here(), "ada", "ada@example.org");
    let second = User { envelope: envelope("new"), phone_verified_at: Some(at(1)), revision: 2, ..first.clone() };
    let skips = User { revision: 4, ..first.clone() };
    done(store, batch![UserOp::Insert(first.clone())]).await;
    done(store, batch![UserOp::Update(second.clone())]).await;
    for wrong in [first.clone(), second.clone(), skips] {
        fails(store, batch![UserOp::Update(wrong)], Precondition::UserRevision).await;
    }
    assert_eq!(store.user(&here(), &first.id).await.unwrap(), Some(second));
}

/// An update does not create a user.
pub async fn an_update_needs_the_user(store: &dyn Store) {
    let nobody = User { revision: 2, ..user(&here(), "ada", "ada@example.org") };
    fails(store, batch![UserOp::Update(nobody.clone())], Precondition::UserRevision).await;
    fails(store, batch![UserOp::Update(User { revision: 1, ..nobody.clone() })], Precondition::UserRevision).await;
    assert_eq!(store.user(&here(), &nobody.id).await.unwrap(), None);
}

/// No change is overwritten by a concurrent one.
pub async fn of_fifty_updates_of_one_revision_one_is_written(store: &dyn Store) {
    let first = user(&here(), "ada", "ada@example.org");
    done(store, batch![UserOp::Insert(first.clone())]).await;
    let updates = (0..50)
        .map(|n| UserOp::Update(User { envelope: envelope(&format!("v{n}")), revision: 2, ..first.clone() }).into());
    one_wins(store, updates, Precondition::UserRevision).await;
    assert_eq!(store.user(&here(), &first.id).await.unwrap().expect("still there").revision, 2);
}

/// The old address becomes free.
pub async fn an_update_may_move_to_a_free_address(store: &dyn Store) {
    let before = user(&here(), "ada", "ada@example.org");
    let after = User { index: index("new@example.org"), revision: 2, ..before.clone() };
    done(store, batch![UserOp::Insert(before.clone())]).await;
    done(store, batch![UserOp::Update(after.clone())]).await;
    assert_eq!(by_index(store, &here(), before.index).await.0, None);
    assert_eq!(by_index(store, &here(), after.index).await.0, Some(after));
    done(store, batch![UserOp::Insert(user(&here(), "bob", "ada@example.org"))]).await;
}

/// The address stays with its user.
pub async fn an_update_may_not_take_an_address(store: &dyn Store) {
    let (ada, bob) = (user(&here(), "ada", "ada@example.org"), user(&here(), "bob", "bob@example.org"));
    done(store, batch![UserOp::Insert(ada.clone()), UserOp::Insert(bob.clone())]).await;
    let greedy = User { index: ada.index, revision: 2, ..bob.clone() };
    fails(store, batch![UserOp::Update(greedy)], Precondition::UserFree).await;
    assert_eq!(by_index(store, &here(), ada.index).await.0, Some(ada));
    assert_eq!(by_index(store, &here(), bob.index).await.0, Some(bob));
}

/// It is found neither by identifier nor by address. Both are available to another user.
pub async fn a_deleted_user_is_gone(store: &dyn Store) {
    let (ada, bob) = (user(&here(), "ada", "ada@example.org"), user(&here(), "bob", "bob@example.org"));
    done(store, batch![UserOp::Insert(ada.clone()), UserOp::Insert(bob.clone())]).await;
    done(store, [delete(&here(), "ada", 1)]).await;
    assert_eq!(store.user(&here(), &ada.id).await.unwrap(), None);
    assert_eq!(by_index(store, &here(), ada.index).await, (None, None));
    fails(store, [delete(&here(), "ada", 1)], Precondition::UserRevision).await;
    fails(store, batch![UserOp::Update(User { revision: 2, ..ada.clone() })], Precondition::UserRevision).await;
    assert_eq!(store.user(&here(), &bob.id).await.unwrap(), Some(bob));

    let (eve, again) = (user(&here(), "eve", "ada@example.org"), user(&here(), "ada", "new@example.org"));
    done(store, batch![UserOp::Insert(eve.clone()), UserOp::Insert(again.clone())]).await;
    assert_eq!(by_index(store, &here(), ada.index).await.0, Some(eve));
    assert_eq!(store.user(&here(), &ada.id).await.unwrap(), Some(again));
}

/// A user that was changed in the meantime, and a missing one, are rejected.
pub async fn a_user_is_deleted_at_the_revision_that_was_read(store: &dyn Store) {
    let ada = user(&here(), "ada", "ada@example.org");
    let changed = User { envelope: envelope("new"), revision: 2, ..ada.clone() };
    fails(store, [delete(&here(), "ada", 1)], Precondition::UserRevision).await;
    done(store, batch![UserOp::Insert(ada.clone()), UserOp::Update(changed.clone())]).await;
    for wrong in [0, 1, 3] {
        fails(store, [delete(&here(), "ada", wrong)], Precondition::UserRevision).await;
    }
    assert_eq!(store.user(&here(), &ada.id).await.unwrap().as_ref(), Some(&changed));
    assert_eq!(by_index(store, &here(), ada.index).await.0, Some(changed));
    done(store, [delete(&here(), "ada", 2)]).await;
    assert_eq!(store.user(&here(), &ada.id).await.unwrap(), None);
}

/// A deletion based on an outdated revision is rejected, and an update does not restore a deleted user.
pub async fn of_fifty_changes_and_deletions_of_a_user_one_succeeds(store: &dyn Store) {
    let ada = user(&here(), "ada", "ada@example.org");
    done(store, batch![UserOp::Insert(ada.clone())]).await;
    let changed = User { envelope: envelope("new"), revision: 2, ..ada.clone() };
    let racers =
        (0..50).map(|n| if n % 2 == 0 { delete(&here(), "ada", 1) } else { UserOp::Update(changed.clone()).into() });
    one_wins(store, racers, Precondition::UserRevision).await;
    let left = store.user(&here(), &ada.id).await.unwrap();
    assert!(left.is_none() || left == Some(changed), "{left:?}");
}

/// The user must exist and be unchanged.
pub async fn a_required_user_is_at_the_revision(store: &dyn Store) {
    let ada = user(&here(), "ada", "ada@example.org");
    let require = |revision| batch![UserOp::Require { realm: here(), id: user_id("ada"), revision }];
    fails(store, require(1), Precondition::UserRevision).await;
    done(store, batch![UserOp::Insert(ada.clone())]).await;
    done(store, require(1)).await;
    fails(store, require(0), Precondition::UserRevision).await;
    fails(store, require(2), Precondition::UserRevision).await;
    done(store, batch![UserOp::Update(User { revision: 2, ..ada })]).await;
    fails(store, require(1), Precondition::UserRevision).await;
    done(store, require(2)).await;
}

/// The same identifier and address belong to different users in two realms.
pub async fn users_of_two_realms_are_separate(store: &dyn Store) {
    let one = user(&here(), "ada", "ada@example.org");
    let other = User { envelope: envelope("the other"), ..user(&there(), "ada", "ada@example.org") };
    done(store, batch![UserOp::Insert(one.clone())]).await;
    assert_eq!(store.user(&there(), &one.id).await.unwrap(), None);
    assert_eq!(by_index(store, &there(), one.index).await, (None, None));
    done(store, batch![UserOp::Insert(other.clone())]).await;
    done(store, batch![UserOp::Update(User { revision: 2, ..other.clone() })]).await;
    assert_eq!(store.user(&here(), &one.id).await.unwrap().as_ref(), Some(&one));
    assert_eq!(by_index(store, &there(), one.index).await.0, Some(User { revision: 2, ..other }));
    let require = UserOp::Require { realm: there(), id: one.id.clone(), revision: 1 }.into();
    fails(store, [require], Precondition::UserRevision).await;
    done(store, [delete(&there(), "ada", 2)]).await;
    assert_eq!(store.user(&here(), &one.id).await.unwrap().as_ref(), Some(&one));
    assert_eq!(by_index(store, &here(), one.index).await.0, Some(one));
}
