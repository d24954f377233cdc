//! Quotas and failed password attempts.

use std::time::Duration;

use super::{KEPT, done, exactly_win, fails};
use crate::{
    clock::Timestamp,
    limit::{FailedAttempts, LimitKey, LimitKind, Quota},
    port::{LimitOp, Op, Precondition, Store},
    suite::{
        join_all,
        rows::{NOW, at},
    },
};

/// Three uses per minute.
const QUOTA: Quota = Quota { times: 3, per: Duration::from_secs(60) };
const DAY: Duration = Duration::from_secs(86_400);

const fn key(number: u8) -> LimitKey {
    LimitKey([number; 32])
}

fn count(number: u8, now: Timestamp) -> Op {
    LimitOp::Count { kind: LimitKind::Mails, key: key(number), quota: QUOTA, now }.into()
}

fn failure(number: u8, now: Timestamp) -> Op {
    LimitOp::CountFailure { key: key(number), now, forget_after: DAY }.into()
}

/// The quota allows exactly its number of uses.
pub async fn a_quota_allows_exactly_its_number_of_uses(store: &dyn Store) {
    for second in 0..3 {
        done(store, [count(1, at(second))]).await;
    }
    fails(store, [count(1, at(59))], Precondition::WithinQuota(LimitKind::Mails)).await;
    assert_eq!(store.window(key(1)).await.unwrap().within(QUOTA, at(59)), 3);
}

/// Each use expires at the end of its own window.
pub async fn uses_of_a_quota_are_discarded(store: &dyn Store) {
    done(store, [count(1, NOW), count(1, at(30)), count(1, at(30))]).await;
    done(store, [count(1, at(60))]).await;
    fails(store, [count(1, at(89))], Precondition::WithinQuota(LimitKind::Mails)).await;
    done(store, [count(1, at(90)), count(1, at(90))]).await;
}

pub async fn quotas_of_two_keys_are_separate(store: &dyn Store) {
    done(store, [count(1, NOW), count(1, NOW), count(1, NOW), count(2, NOW)]).await;
    fails(store, [count(2, NOW), count(1, NOW)], Precondition::WithinQuota(LimitKind::Mails)).await;
    assert_eq!(store.window(key(2)).await.unwrap().within(QUOTA, NOW), 1, "a batch that fails counts nothing");
    assert_eq!(store.window(key(3)).await.unwrap().within(QUOTA, NOW), 0);
}

/// As if nothing had been counted. Resetting a missing counter succeeds.
pub async fn counts_can_be_reset(store: &dyn Store) {
    done(store, [count(1, NOW), count(1, NOW), count(1, NOW), count(2, NOW)]).await;
    let forget = |number| Op::from(LimitOp::Forget { key: key(number) });
    done(store, [forget(1), forget(3)]).await;
    assert_eq!(store.window(key(1)).await.unwrap().within(QUOTA, NOW), 0);
    assert_eq!(store.window(key(2)).await.unwrap().within(QUOTA, NOW), 1);
    done(store, [count(1, NOW)]).await;
}

/// Concurrent uses never exceed the quota.
pub async fn fifty_concurrent_uses_respect_the_quota(store: &dyn Store) {
    exactly_win(3, store, (0..50).map(|_| count(1, NOW)), Precondition::WithinQuota(LimitKind::Mails)).await;
}

/// The time of the last one is stored.
pub async fn wrong_passwords_are_counted(store: &dyn Store) {
    assert_eq!(store.failures(key(1)).await.unwrap(), FailedAttempts::NONE);
    done(store, [failure(1, NOW)]).await;
    done(store, [failure(1, at(5)), failure(1, at(7)), failure(2, at(9))]).await;
    assert_eq!(store.failures(key(1)).await.unwrap(), FailedAttempts { count: 3, last_at: at(7) });
    assert_eq!(store.failures(key(2)).await.unwrap(), FailedAttempts { count: 1, last_at: at(9) });
}

/// The attempts of other keys are kept. Resetting a missing counter succeeds.
pub async fn failed_attempts_can_be_reset(store: &dyn Store) {
    done(store, [failure(1, NOW), failure(1, NOW), failure(2, NOW)]).await;
    let forget = |number| Op::from(LimitOp::ForgetFailures { key: key(number) });
    done(store, [forget(1), forget(3)]).await;
    assert_eq!(store.failures(key(1)).await.unwrap(), FailedAttempts::NONE);
    assert_eq!(store.failures(key(2)).await.unwrap().count, 1);
    done(store, [failure(1, at(1))]).await;
    assert_eq!(store.failures(key(1)).await.unwrap(), FailedAttempts { count: 1, last_at: at(1) });
}

/// Concurrent failed attempts are all counted.
pub async fn fifty_concurrent_failed_attempts_are_counted(store: &dyn Store) {
    for result in join_all((0..50).map(|_| store.commit(vec![failure(1, NOW)]))).await {
        result.expect("each is counted");
    }
    assert_eq!(store.failures(key(1)).await.unwrap().count, 50);
}

/// All attempts expire together, one day after the last one.
pub async fn failed_attempts_are_discarded_after_a_day_without_one(store: &dyn Store) {
    done(store, [failure(1, NOW)]).await;
    done(store, [failure(1, NOW.plus(DAY - Duration::from_secs(1)))]).await;
    assert_eq!(store.failures(key(1)).await.unwrap().count, 2);
    done(store, [failure(1, NOW.plus(DAY * 2))]).await;
    assert_eq!(store.failures(key(1)).await.unwrap().count, 1);
}

fn member(number: u8, name: u8, now: Timestamp) -> Op {
    LimitOp::CountMember { key: key(number), member: [name; 8], per: DAY, now }.into()
}

/// Its period restarts each time it is seen; members of another key are separate.
pub async fn a_member_is_counted_once_per_period(store: &dyn Store) {
    let count = async |number, now| store.members(key(number)).await.unwrap().count(DAY, now);
    assert_eq!(count(1, NOW).await, 0);
    done(store, [member(1, 1, NOW), member(1, 2, at(10)), member(1, 2, at(20)), member(2, 3, NOW)]).await;
    assert_eq!((count(1, at(20)).await, count(2, at(20)).await), (2, 1));
    done(store, [member(1, 1, at(30))]).await;
    let later = NOW.plus(DAY);
    assert_eq!(count(1, later.plus(Duration::from_secs(19))).await, 2);
    assert_eq!(count(1, later.plus(Duration::from_secs(20))).await, 1);
    assert_eq!(store.sweep(later.plus(Duration::from_secs(29)), KEPT).await.unwrap(), 1, "the other key");
    assert_eq!(store.sweep(later.plus(Duration::from_secs(30)), KEPT).await.unwrap(), 1);
    assert_eq!(count(1, at(30)).await, 0);
}

/// The least recently seen one is removed first.
pub async fn at_most_sixteen_members_are_kept(store: &dyn Store) {
    for name in 0..20 {
        done(store, [member(1, name, at(name.into()))]).await;
    }
    let members = store.members(key(1)).await.unwrap();
    assert_eq!(members.count(DAY, at(20)), 16);
    assert_eq!(members.count(Duration::from_secs(10), at(20)), 9);
}

/// Concurrent counts of the same member are counted once.
pub async fn fifty_counts_of_two_members_are_two(store: &dyn Store) {
    for result in join_all((0..50).map(|n| store.commit(vec![member(1, n % 2, NOW)]))).await {
        result.expect("each is counted");
    }
    assert_eq!(store.members(key(1)).await.unwrap().count(DAY, NOW), 2);
}

/// Counts within their window are kept.
pub async fn expired_counts_are_swept(store: &dyn Store) {
    done(store, [count(1, NOW), count(2, at(30)), failure(1, NOW), failure(2, at(30))]).await;
    assert_eq!(store.sweep(at(61), KEPT).await.unwrap(), 1);
    assert_eq!(store.window(key(2)).await.unwrap().within(QUOTA, at(61)), 1);
    assert_eq!(store.sweep(NOW.plus(DAY), KEPT).await.unwrap(), 2);
    assert_eq!(store.failures(key(1)).await.unwrap(), FailedAttempts::NONE);
    assert_eq!(store.failures(key(2)).await.unwrap().count, 1);
}

/// The oldest ones are removed first. A key with a newer failure is not among them.
pub async fn the_oldest_failed_attempts_beyond_the_limit_are_discarded(store: &dyn Store) {
    done(store, (1..=5).map(|number| failure(number, at(number.into())))).await;
    done(store, [failure(1, at(9))]).await;
    assert_eq!(store.sweep(at(10), 5).await.unwrap(), 0);
    assert_eq!(store.sweep(at(10), 3).await.unwrap(), 2);
    for (number, count) in [(1, 2), (2, 0), (3, 0), (4, 1), (5, 1)] {
        assert_eq!(store.failures(key(number)).await.unwrap().count, count, "{number}");
    }
    assert_eq!(store.sweep(at(10), 0).await.unwrap(), 3);
}
