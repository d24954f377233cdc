//! Batches that each look at what another changes: some order of one after the other must explain what becomes of both.
//!
//! Of two of them that begin at the same moment, either may come first. A store that lets each look at how things stood
//! before, and finds no document that both have written, commits both.

use super::{by_index, done};
use crate::{
    account::User,
    batch,
    port::{Batch, CommitError, Op, Precondition, RegistrationOp, Replaces, SessionOp, Store, UserOp},
    seal::BlindIndex,
    session::Session,
    suite::{
        join_all,
        rows::{at, envelope, here, index, registration, session, user},
    },
};

const ROUNDS: usize = 50;

/// A user with an address of its own in each round.
fn person(name: &str, round: usize) -> User {
    user(&here(), &format!("{name}-{round}"), &format!("{name}-{round}@example.org"))
}

/// The user after one change.
fn changed(user: &User) -> User {
    User { envelope: envelope("new"), revision: 2, ..user.clone() }
}

fn moved(user: &User, to: BlindIndex) -> User {
    User { index: to, revision: 2, ..user.clone() }
}

fn delete(user: &User) -> Op {
    UserOp::Delete { realm: here(), id: user.id.clone(), revision: 1 }.into()
}

/// Needs them as they were at first.
fn unchanged(user: &User) -> Op {
    UserOp::Require { realm: here(), id: user.id.clone(), revision: 1 }.into()
}

fn address(index: BlindIndex, is_taken: bool) -> Op {
    UserOp::RequireAddress { realm: here(), index, is_taken }.into()
}

/// Commits both at once; whether each succeeded.
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

/// Commits both at once: exactly one may succeed, the other fails with this precondition.
async fn one_of_both(store: &dyn Store, batches: [Batch; 2], with: Precondition) {
    let [one, other] = both(store, batches, with).await;
    assert!(one != other, "{}", if one { "both were committed" } else { "neither was committed" });
}

/// Logs a user in while this ends its sessions; none may be left in either order.
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

/// A password is changed, and a login with the old one at that moment has no session.
pub async fn no_session_outlives_the_change_of_its_user(store: &dyn Store) {
    for round in 0..ROUNDS {
        no_session_is_left(store, round, |ada| UserOp::Update(changed(ada)).into()).await;
    }
}

/// The same for an account that is deleted.
pub async fn no_session_outlives_its_user(store: &dyn Store) {
    for round in 0..ROUNDS {
        no_session_is_left(store, round, delete).await;
    }
}

/// No change is made from a record that has just been replaced.
pub async fn of_two_who_need_the_other_unchanged_one_changes(store: &dyn Store) {
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

/// An address that was seen free has not been taken by a new user meanwhile.
pub async fn of_two_who_need_the_others_address_free_one_comes(store: &dyn Store) {
    for round in 0..ROUNDS {
        let (ada, bob) = (person("ada", round), person("bob", round));
        let batches = [
            batch![address(bob.index, false), UserOp::Insert(ada.clone())],
            batch![address(ada.index, false), UserOp::Insert(bob.clone())],
        ];
        one_of_both(store, batches, Precondition::AddressAsSeen).await;
    }
}

/// An address that was seen free is not taken by a user who moves to it.
pub async fn of_two_who_need_the_others_address_free_one_moves(store: &dyn Store) {
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

/// An address that was seen taken has not lost its user meanwhile.
pub async fn of_two_who_need_the_others_address_taken_one_goes(store: &dyn Store) {
    for round in 0..ROUNDS {
        let (ada, bob) = (person("ada", round), person("bob", round));
        done(store, batch![UserOp::Insert(ada.clone()), UserOp::Insert(bob.clone())]).await;
        let batches = [vec![address(bob.index, true), delete(&ada)], vec![address(ada.index, true), delete(&bob)]];
        one_of_both(store, batches, Precondition::AddressAsSeen).await;
    }
}

/// An address that was seen taken has not lost its user to another address.
pub async fn of_two_who_need_the_others_address_taken_one_moves(store: &dyn Store) {
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

/// Activation is atomic: before it the address has a registration, after it a user. A reader never sees neither.
pub async fn nobody_registers_between_a_registration_and_its_user(store: &dyn Store) {
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
