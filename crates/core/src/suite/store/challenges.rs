//! Challenges: spent once, in time.

use std::time::Duration;

use super::{done, fails, one_wins};
use crate::{
    clock::Timestamp,
    link::Challenge,
    port::{Op, Precondition, Store},
    realm::RealmName,
    suite::rows::{at, challenge, challenge_id, here, there},
};

fn spend(realm: &RealmName, number: u8, now: Timestamp) -> Op {
    Op::SpendChallenge { realm: realm.clone(), id: challenge_id(number), now }
}

fn expire(number: u8, at: Timestamp) -> Op {
    Op::ExpireChallenge { realm: here(), id: challenge_id(number), at }
}

async fn read(store: &dyn Store, number: u8) -> Option<Challenge> {
    store.challenge(&here(), challenge_id(number)).await.unwrap()
}

/// All columns survive.
pub async fn a_challenge_is_read_as_written(store: &dyn Store) {
    let fresh = challenge(&here(), 1);
    let used = Challenge { used_at: Some(at(-3)), lifetime: Duration::from_millis(1), ..challenge(&here(), 255) };
    done(store, [Op::InsertChallenge(fresh.clone()), Op::InsertChallenge(used.clone())]).await;
    assert_eq!(read(store, 1).await, Some(fresh));
    assert_eq!(read(store, 255).await, Some(used));
    assert_eq!(read(store, 2).await, None);
}

/// The first stays.
pub async fn an_identifier_has_one_challenge(store: &dyn Store) {
    let first = challenge(&here(), 1);
    done(store, [Op::InsertChallenge(first.clone())]).await;
    let second = Challenge { expires_at: at(1), ..first.clone() };
    fails(store, [Op::InsertChallenge(second)], Precondition::ChallengeFresh).await;
    assert_eq!(read(store, 1).await, Some(first));
}

/// And the time of it stays.
pub async fn a_challenge_is_spent_once(store: &dyn Store) {
    let fresh = challenge(&here(), 1);
    done(store, [Op::InsertChallenge(fresh.clone())]).await;
    done(store, [spend(&here(), 1, at(5))]).await;
    fails(store, [spend(&here(), 1, at(6))], Precondition::ChallengeFresh).await;
    assert_eq!(read(store, 1).await, Some(Challenge { used_at: Some(at(5)), ..fresh }));
}

/// A link that is opened fifty times at once acts once.
pub async fn of_fifty_who_spend_a_challenge_one_does(store: &dyn Store) {
    done(store, [Op::InsertChallenge(challenge(&here(), 1))]).await;
    one_wins(store, (0..50).map(|n| spend(&here(), 1, at(n))), Precondition::ChallengeFresh).await;
    assert!(read(store, 1).await.expect("still there").used_at.is_some());
}

/// Its end is no part of its time.
pub async fn a_lapsed_challenge_cannot_be_spent(store: &dyn Store) {
    let fresh = Challenge { expires_at: at(60), ..challenge(&here(), 1) };
    done(store, [Op::InsertChallenge(fresh.clone())]).await;
    fails(store, [spend(&here(), 1, at(61))], Precondition::ChallengeFresh).await;
    fails(store, [spend(&here(), 1, at(60))], Precondition::ChallengeFresh).await;
    assert_eq!(read(store, 1).await, Some(fresh));
    done(store, [spend(&here(), 1, at(59))]).await;
}

/// What was never made proves nothing.
pub async fn a_missing_challenge_cannot_be_spent(store: &dyn Store) {
    fails(store, [spend(&here(), 1, at(0))], Precondition::ChallengeFresh).await;
}

/// Later or earlier; where there is none, nothing happens.
pub async fn the_end_of_a_challenge_can_be_set(store: &dyn Store) {
    let fresh = challenge(&here(), 1);
    done(store, [expire(1, at(60))]).await;
    done(store, [Op::InsertChallenge(fresh.clone())]).await;
    done(store, [expire(1, at(60))]).await;
    assert_eq!(read(store, 1).await, Some(Challenge { expires_at: at(60), ..fresh }));
    fails(store, [spend(&here(), 1, at(60))], Precondition::ChallengeFresh).await;
    done(store, [expire(1, at(120))]).await;
    done(store, [spend(&here(), 1, at(60))]).await;
}

/// Nothing gives a used one more time.
pub async fn the_end_of_a_spent_challenge_stays(store: &dyn Store) {
    let fresh = challenge(&here(), 1);
    done(store, [Op::InsertChallenge(fresh.clone()), spend(&here(), 1, at(5))]).await;
    done(store, [expire(1, at(60))]).await;
    assert_eq!(read(store, 1).await, Some(Challenge { used_at: Some(at(5)), ..fresh }));
}

/// The same identifier stands for two challenges in two realms.
pub async fn challenges_of_two_realms_are_apart(store: &dyn Store) {
    let one = challenge(&here(), 1);
    done(store, [Op::InsertChallenge(one.clone())]).await;
    fails(store, [spend(&there(), 1, at(1))], Precondition::ChallengeFresh).await;
    done(store, [Op::InsertChallenge(challenge(&there(), 1)), spend(&there(), 1, at(1))]).await;
    assert_eq!(read(store, 1).await, Some(one));
}
