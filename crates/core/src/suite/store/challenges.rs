//! Challenges can be used once, before they expire.

use std::time::Duration;

use super::{done, exactly_win, fails, one_wins};
use crate::{
    batch,
    clock::Timestamp,
    id::RealmName,
    link::{Challenge, Purpose},
    port::{ChallengeOp, Op, Precondition, Store},
    suite::{
        join_all,
        rows::{at, challenge, challenge_id, here, sealed, there, user_id},
    },
};

fn spend(realm: &RealmName, number: u8, now: Timestamp) -> Op {
    ChallengeOp::Spend { realm: realm.clone(), id: challenge_id(number), now }.into()
}

/// Counts an attempt, of which three are allowed.
fn attempt(realm: &RealmName, number: u8, now: Timestamp) -> Op {
    ChallengeOp::Try { realm: realm.clone(), id: challenge_id(number), now, limit: 3 }.into()
}

fn drop_all(realm: &RealmName, subject: &str, purpose: Purpose) -> Op {
    ChallengeOp::Drop { realm: realm.clone(), subject: user_id(subject), purpose: Some(purpose) }.into()
}

fn expire(number: u8, at: Timestamp) -> Op {
    ChallengeOp::Expire { realm: here(), id: challenge_id(number), at }.into()
}

async fn read(store: &dyn Store, number: u8) -> Option<Challenge> {
    store.challenge(&here(), challenge_id(number)).await.unwrap()
}

pub async fn a_challenge_is_read_as_written(store: &dyn Store) {
    let fresh = challenge(&here(), 1);
    let used = Challenge { used_at: Some(at(-3)), lifetime: Duration::from_millis(1), ..challenge(&here(), 255) };
    let tried = Challenge { purpose: Purpose::Phone, subject: user_id("eve"), tries: 7, ..challenge(&here(), 3) };
    done(store, [fresh.clone(), used.clone(), tried.clone()].map(|row| ChallengeOp::Insert(row).into())).await;
    assert_eq!(read(store, 1).await, Some(fresh));
    assert_eq!(read(store, 255).await, Some(used));
    assert_eq!(read(store, 3).await, Some(tried));
    assert_eq!(read(store, 2).await, None);
}

/// The first one is kept.
pub async fn an_identifier_has_one_challenge(store: &dyn Store) {
    let first = challenge(&here(), 1);
    done(store, batch![ChallengeOp::Insert(first.clone())]).await;
    let second = Challenge { expires_at: at(1), ..first.clone() };
    fails(store, batch![ChallengeOp::Insert(second)], Precondition::ChallengeFresh).await;
    assert_eq!(read(store, 1).await, Some(first));
}

/// The recorded time of use does not change.
pub async fn a_challenge_can_be_used_once(store: &dyn Store) {
    let fresh = challenge(&here(), 1);
    done(store, batch![ChallengeOp::Insert(fresh.clone())]).await;
    done(store, [spend(&here(), 1, at(5))]).await;
    fails(store, [spend(&here(), 1, at(6))], Precondition::ChallengeFresh).await;
    assert_eq!(read(store, 1).await, Some(Challenge { used_at: Some(at(5)), ..fresh }));
}

/// A link that is opened fifty times concurrently takes effect once.
pub async fn of_fifty_uses_of_a_challenge_one_succeeds(store: &dyn Store) {
    done(store, batch![ChallengeOp::Insert(challenge(&here(), 1))]).await;
    one_wins(store, (0..50).map(|n| spend(&here(), 1, at(n))), Precondition::ChallengeFresh).await;
    assert!(read(store, 1).await.expect("still there").used_at.is_some());
}

/// A challenge is already expired at its expiry time.
pub async fn an_expired_challenge_cannot_be_used(store: &dyn Store) {
    let fresh = Challenge { expires_at: at(60), ..challenge(&here(), 1) };
    done(store, batch![ChallengeOp::Insert(fresh.clone())]).await;
    fails(store, [spend(&here(), 1, at(61))], Precondition::ChallengeFresh).await;
    fails(store, [spend(&here(), 1, at(60))], Precondition::ChallengeFresh).await;
    assert_eq!(read(store, 1).await, Some(fresh));
    done(store, [spend(&here(), 1, at(59))]).await;
}

pub async fn a_missing_challenge_cannot_be_used(store: &dyn Store) {
    fails(store, [spend(&here(), 1, at(0))], Precondition::ChallengeFresh).await;
}

/// The expiry can be moved in both directions; a missing challenge is ignored.
pub async fn the_expiry_of_a_challenge_can_be_changed(store: &dyn Store) {
    let fresh = challenge(&here(), 1);
    done(store, [expire(1, at(60))]).await;
    done(store, batch![ChallengeOp::Insert(fresh.clone())]).await;
    done(store, [expire(1, at(60))]).await;
    assert_eq!(read(store, 1).await, Some(Challenge { expires_at: at(60), ..fresh }));
    fails(store, [spend(&here(), 1, at(60))], Precondition::ChallengeFresh).await;
    done(store, [expire(1, at(120))]).await;
    done(store, [spend(&here(), 1, at(60))]).await;
}

/// The expiry of a used challenge cannot be moved.
pub async fn the_expiry_of_a_used_challenge_cannot_be_changed(store: &dyn Store) {
    let fresh = challenge(&here(), 1);
    done(store, batch![ChallengeOp::Insert(fresh.clone()), spend(&here(), 1, at(5))]).await;
    done(store, [expire(1, at(60))]).await;
    assert_eq!(read(store, 1).await, Some(Challenge { used_at: Some(at(5)), ..fresh }));
}

/// Attempts are counted up to the limit; a challenge with failed attempts can still be used, and its expiry does not
/// change.
pub async fn attempts_at_a_challenge_are_counted(store: &dyn Store) {
    let fresh = challenge(&here(), 1);
    done(store, batch![ChallengeOp::Insert(fresh.clone()), ChallengeOp::Insert(challenge(&here(), 2))]).await;
    for tries in 1..=3 {
        done(store, [attempt(&here(), 1, at(5))]).await;
        assert_eq!(read(store, 1).await, Some(Challenge { tries, ..fresh.clone() }));
    }
    for _ in 0..2 {
        fails(store, [attempt(&here(), 1, at(6))], Precondition::ChallengeFresh).await;
        assert_eq!(read(store, 1).await, Some(Challenge { tries: 3, ..fresh.clone() }));
    }
    assert_eq!(read(store, 2).await, Some(challenge(&here(), 2)));
    done(store, [spend(&here(), 1, at(7))]).await;
    assert_eq!(read(store, 1).await, Some(Challenge { tries: 3, used_at: Some(at(7)), ..fresh }));
}

pub async fn a_used_expired_or_missing_challenge_allows_no_attempt(store: &dyn Store) {
    let used = Challenge { used_at: Some(at(1)), ..challenge(&here(), 1) };
    let lapses = Challenge { expires_at: at(60), ..challenge(&here(), 2) };
    done(store, [used.clone(), lapses.clone()].map(|row| ChallengeOp::Insert(row).into())).await;
    for (number, now) in [(1, at(2)), (2, at(60)), (2, at(61)), (3, at(2))] {
        fails(store, [attempt(&here(), number, now)], Precondition::ChallengeFresh).await;
    }
    assert_eq!(read(store, 1).await, Some(used));
    assert_eq!(read(store, 2).await, Some(lapses.clone()));
    assert_eq!(read(store, 3).await, None);
    done(store, [attempt(&here(), 2, at(59))]).await;
    assert_eq!(read(store, 2).await, Some(Challenge { tries: 1, ..lapses }));
}

/// Concurrent guesses get no additional attempts.
pub async fn concurrent_attempts_respect_the_limit(store: &dyn Store) {
    done(store, batch![ChallengeOp::Insert(challenge(&here(), 1))]).await;
    let tries = (0..50).map(|n| ChallengeOp::Try { realm: here(), id: challenge_id(1), now: at(n), limit: 5 }.into());
    exactly_win(5, store, tries, Precondition::ChallengeFresh).await;
    assert_eq!(read(store, 1).await, Some(Challenge { tries: 5, ..challenge(&here(), 1) }));
}

/// Removes all of them, including used and expired ones, but none of another subject or purpose. Removing none
/// succeeds.
pub async fn the_challenges_of_a_subject_can_be_removed(store: &dyn Store) {
    let reset = |number| Challenge { purpose: Purpose::Reset, ..challenge(&here(), number) };
    let dropped =
        [reset(1), Challenge { used_at: Some(at(-1)), ..reset(2) }, Challenge { expires_at: at(-1), ..reset(3) }];
    let kept = [
        Challenge { purpose: Purpose::Phone, ..reset(4) },
        Challenge { purpose: Purpose::Registration, ..reset(5) },
        Challenge { subject: user_id("eve"), ..reset(6) },
    ];
    let elsewhere = Challenge { realm: there(), ..reset(1) };
    done(store, [drop_all(&here(), "ada", Purpose::Reset)]).await;
    done(store, dropped.iter().chain(&kept).chain([&elsewhere]).cloned().map(|row| ChallengeOp::Insert(row).into()))
        .await;
    for _ in 0..2 {
        done(store, [drop_all(&here(), "ada", Purpose::Reset)]).await;
        for gone in &dropped {
            assert_eq!(store.challenge(&here(), gone.id).await.unwrap(), None);
        }
        for stays in kept.iter().chain([&elsewhere]) {
            assert_eq!(store.challenge(&stays.realm, stays.id).await.unwrap().as_ref(), Some(stays));
        }
    }
    fails(store, [spend(&here(), 1, at(1))], Precondition::ChallengeFresh).await;
    done(store, batch![ChallengeOp::Insert(reset(1)), spend(&here(), 1, at(1))]).await;
}

/// Each batch removes the challenges of earlier ones.
pub async fn of_fifty_replacements_of_a_subjects_challenges_one_is_left(store: &dyn Store) {
    let reset = |number| Challenge { purpose: Purpose::Reset, ..challenge(&here(), number) };
    let again =
        |number| store.commit(batch![drop_all(&here(), "ada", Purpose::Reset), ChallengeOp::Insert(reset(number))]);
    assert!(join_all((0..50).map(again)).await.iter().all(Result::is_ok));
    let mut left = 0;
    for number in 0..50 {
        left += usize::from(read(store, number).await.is_some());
    }
    assert_eq!(left, 1);
}

/// A note is read as written, can be replaced, and is kept when the challenge is used.
pub async fn the_note_of_a_challenge_can_be_replaced(store: &dyn Store) {
    let noted = Challenge { note: Some(sealed("first")), ..challenge(&here(), 1) };
    done(store, batch![ChallengeOp::Insert(noted.clone())]).await;
    assert_eq!(read(store, 1).await, Some(noted.clone()));
    let annotate = |number, note| ChallengeOp::Annotate {
        realm: here(),
        id: challenge_id(number),
        note: sealed(note),
        now: at(1),
    };
    done(store, batch![annotate(1, "second")]).await;
    assert_eq!(read(store, 1).await, Some(Challenge { note: Some(sealed("second")), ..noted.clone() }));
    done(store, [spend(&here(), 1, at(2))]).await;
    fails(store, batch![annotate(1, "third")], Precondition::ChallengeFresh).await;
    fails(store, batch![annotate(2, "third")], Precondition::ChallengeFresh).await;
    let spent = Challenge { note: Some(sealed("second")), used_at: Some(at(2)), ..noted };
    assert_eq!(read(store, 1).await, Some(spent));
}

/// The same identifier belongs to different challenges in two realms.
pub async fn challenges_of_two_realms_are_separate(store: &dyn Store) {
    let one = challenge(&here(), 1);
    done(store, batch![ChallengeOp::Insert(one.clone())]).await;
    fails(store, [attempt(&there(), 1, at(1))], Precondition::ChallengeFresh).await;
    fails(store, [spend(&there(), 1, at(1))], Precondition::ChallengeFresh).await;
    done(store, batch![ChallengeOp::Insert(challenge(&there(), 1)), attempt(&there(), 1, at(1))]).await;
    done(store, [spend(&there(), 1, at(1))]).await;
    assert_eq!(read(store, 1).await, Some(one));
}
