//! Write skew: two concurrent batches, each of which reads what the other changes, must be serializable.
//!
//! Of two batches that start at the same moment, either may come first. With snapshot isolation alone, both would read
//! the old state and write different documents, and both would be committed.

use super::{by_index, done};
use crate::{
    account::User,
    batch,
    port::{
        Batch, CommitError, KeyOp, Op, Precondition, RegistrationOp, Replaces, SessionOp, SigningKeyRow, Store, UserOp,
    },
    seal::BlindIndex,
    session::Session,
    suite::{
        join_all,
        rows::{at, envelope, here, index, registration, session, signing_key, user},
    },
};

const ROUNDS: usize = 50;

/// Returns a user with a different address in each round.
fn person(name: &str, round: usize) -> User {
    user(&here(), &format!("{name}-{round}"), &format!("{name}-{round}@example.org"))
}

/// Returns the user after one change.
fn changed(user: &User) -> User {
    User { envelope: envelope("new"), revision: 2, ..user.clone() }
}

fn moved(user: &User, to: BlindIndex) -> User {
    User { index: to, revision: 2, ..user.clone() }
}

fn delete(user: &User) -> Op {
    UserOp::Delete { realm: here(), id: user.id.clone(), revision: 1 }.into()
}

/// Requires the user to be unchanged.
fn unchanged(user: &User) -> Op {
    UserOp::Require { realm: here(), id: user.id.clone(), revision: 1 }.into()
}

fn address(index: BlindIndex, is_taken: bool) -> Op {
    UserOp::RequireAddress { realm: here(), index, is_taken }.into()
}

/// Commits both batches concurrently, and returns whether each succeeded.
async fn both(store: &dyn Store, batches: [Batch; 2], with: Precondition) -> [bool; 2] {
    let results = join_all(batches.map(|batch| store.commit(batch))).await;
    let succeeded: Vec<_> = results
        .into_iter()
        .map(|result| match result {
            Ok(()) => true,
            Err(CommitError::Failed(failed)) if failed == with => false,
            Err(error) => panic!("{error:?}"),
        })
        .collect();
    [succeeded[0], succeeded[1]]
}

/// Commits both batches concurrently: exactly one must succeed, and the other must fail with this precondition.
async fn one_of_both(store: &dyn Store, batches: [Batch; 2], with: Precondition) {
    let [one, other] = both(store, batches, with).await;
    assert!(one != other, "{}", if one { "both were committed" } else { "neither was committed" });
}

/// Creates a session of a user concurrently with an operation that ends all sessions. No session may be left in
/// either order.
async fn no_session_is_left(store: &dyn Store, round: usize, by: fn(&User) -> Op) {
    let ada = person("ada", round);
    done(store, batch![UserOp::Insert(ada.clone())]).await;
    let begun = Session { user: ada.id.clone(), ..session(&here(), &format!("session-{round}")) };
    let login = batch![unchanged(&ada), SessionOp::Insert(begun.clone())];
    let end_all = SessionOp::EndAll { realm: here(), user: ada.id.clone(), except: None, expires_at: at(900) }.into();
    let [_, ended] = both(store, [login, vec![by(&ada), end_all]], Precondition::UserRevision).await;
    assert!(ended);
    assert_eq!(store.session(&here(), &begun.id).await.unwrap(), None);
}

/// A login with the old password at the moment of a password change gets no session.
pub async fn no_session_outlives_the_change_of_its_user(store: &dyn Store) {
    for round in 0..ROUNDS {
        no_session_is_left(store, round, |ada| UserOp::Update(changed(ada)).into()).await;
    }
}

/// A login at the moment of an account's deletion gets no session.
pub async fn no_session_outlives_its_user(store: &dyn Store) {
    for round in 0..ROUNDS {
        no_session_is_left(store, round, delete).await;
    }
}

/// No change is based on a record that has just been replaced.
pub async fn of_two_batches_that_need_the_others_user_unchanged_one_succeeds(store: &dyn Store) {
    for round in 0..ROUNDS {
        let (ada, bob) = (person("ada", round), person("bob", round));
        done(store, batch![UserOp::Insert(ada.clone()), UserOp::Insert(bob.clone())]).await;
        let batches = [
            batch![unchanged(&bob), UserOp::Update(changed(&ada))],
            batch![unchanged(&ada), UserOp::Update(changed(&bob))],
        ];
        one_of_both(store, batches, Precondition::UserRevision).await;
    }
}

/// An address that was free when it was read has not been taken by a new user.
pub async fn of_two_inserts_that_need_the_others_address_free_one_succeeds(store: &dyn Store) {
    for round in 0..ROUNDS {
        let (ada, bob) = (person("ada", round), person("bob", round));
        let batches = [
            batch![address(bob.index, false), UserOp::Insert(ada.clone())],
            batch![address(ada.index, false), UserOp::Insert(bob.clone())],
        ];
        one_of_both(store, batches, Precondition::AddressAsSeen).await;
    }
}

/// An address that was free when it was read has not been taken by a user's address change.
pub async fn of_two_address_changes_that_need_the_others_address_free_one_succeeds(store: &dyn Store) {
    for round in 0..ROUNDS {
        let (ada, bob) = (person("ada", round), person("bob", round));
        let new = |of: &str| index(&format!("{of}-{round}@new.example.org"));
        done(store, batch![UserOp::Insert(ada.clone()), UserOp::Insert(bob.clone())]).await;
        let batches = [
            batch![address(new("bob"), false), UserOp::Update(moved(&ada, new("ada")))],
            batch![address(new("ada"), false), UserOp::Update(moved(&bob, new("bob")))],
        ];
        one_of_both(store, batches, Precondition::AddressAsSeen).await;
    }
}

/// An address that was taken when it was read has not lost its user.
pub async fn of_two_deletions_that_need_the_others_address_taken_one_succeeds(store: &dyn Store) {
    for round in 0..ROUNDS {
        let (ada, bob) = (person("ada", round), person("bob", round));
        done(store, batch![UserOp::Insert(ada.clone()), UserOp::Insert(bob.clone())]).await;
        let batches = [vec![address(bob.index, true), delete(&ada)], vec![address(ada.index, true), delete(&bob)]];
        one_of_both(store, batches, Precondition::AddressAsSeen).await;
    }
}

/// An address that was taken when it was read has not lost its user to an address change.
pub async fn of_two_address_changes_that_need_the_others_address_taken_one_succeeds(store: &dyn Store) {
    for round in 0..ROUNDS {
        let (ada, bob) = (person("ada", round), person("bob", round));
        let new = |of: &str| index(&format!("{of}-{round}@new.example.org"));
        done(store, batch![UserOp::Insert(ada.clone()), UserOp::Insert(bob.clone())]).await;
        let batches = [
            batch![address(bob.index, true), UserOp::Update(moved(&ada, new("ada")))],
            batch![address(ada.index, true), UserOp::Update(moved(&bob, new("bob")))],
        ];
        one_of_both(store, batches, Precondition::AddressAsSeen).await;
    }
}

/// Verification is atomic: the address has a registration before and a user after it. A reader never sees neither.
pub async fn no_registration_comes_between_a_registration_and_its_user(store: &dyn Store) {
    for round in 0..ROUNDS {
        let of = |name: &str| registration(&here(), &format!("{name}-{round}"), &format!("{round}@example.org"));
        let (ada, eve) = (of("ada"), of("eve"));
        let first = |row| RegistrationOp::Put { row, replaces: Replaces::Exactly(None) }.into();
        done(store, [first(ada.clone())]).await;
        let proved = batch![
            RegistrationOp::Delete { realm: here(), id: ada.id.clone() },
            UserOp::Insert(ada.clone().into_user())
        ];
        let late = vec![address(eve.index, false), first(eve.clone())];
        let results = join_all([store.commit(late), store.commit(proved)]).await;
        assert!(
            matches!(
                results.as_slice(),
                [Err(CommitError::Failed(Precondition::AddressAsSeen | Precondition::RegistrationReplaced)), Ok(())]
            ),
            "{results:?}"
        );
        assert_eq!(by_index(store, &here(), ada.index).await, (Some(ada.into_user()), None));
    }
}

/// Each removal requires the other key.
pub async fn of_two_signing_keys_removed_at_once_one_is_left(store: &dyn Store) {
    for round in 0..ROUNDS {
        let [one, other] = ["one", "other"].map(|name| signing_key(&format!("{name}-{round}"), 0));
        let remove = |gone: &SigningKeyRow, kept: &SigningKeyRow| {
            let (gone, kept) = (gone.kid.clone(), kept.kid.clone());
            batch![KeyOp::RequireSigning { kid: kept }, KeyOp::DeleteSigning { kid: gone }]
        };
        let batches = [remove(&one, &other), remove(&other, &one)];
        done(store, [one, other].map(|row| KeyOp::PutSigning(row).into())).await;
        one_of_both(store, batches, Precondition::SigningKeyThere).await;
    }
}

/// Maintenance removes the predecessors of a key, and an administrator the key itself.
pub async fn a_signing_key_is_not_removed_with_its_predecessors(store: &dyn Store) {
    for round in 0..ROUNDS {
        let keys = ["first", "second", "newest"].map(|name| signing_key(&format!("{name}-{round}"), 0));
        let [first, second, newest] = keys.each_ref();
        let require = |row: &SigningKeyRow| KeyOp::RequireSigning { kid: row.kid.clone() };
        let delete = |row: &SigningKeyRow| KeyOp::DeleteSigning { kid: row.kid.clone() };
        let maintenance = batch![require(newest), delete(first), require(newest), delete(second)];
        let removal = batch![require(second), delete(newest)];
        done(store, keys.map(|row| KeyOp::PutSigning(row).into())).await;
        one_of_both(store, [maintenance, removal], Precondition::SigningKeyThere).await;
    }
}
