use std::time::Duration;

use crate::{
    limit::{LimitKey, Quota},
    port::{Counted, Counters},
    suite::{
        join_all,
        rows::{NOW, at},
    },
};

/// Three uses per minute.
const QUOTA: Quota = Quota { times: 3, per: Duration::from_secs(60) };

const fn key(number: u8) -> LimitKey {
    LimitKey([number; 32])
}

/// Each result contains the number of uses left.
pub async fn uses_within_the_quota_are_allowed(counters: &dyn Counters) {
    for (second, left) in [(0, 2), (10, 1), (20, 0)] {
        let reset = Duration::from_secs(60 - second);
        let now = NOW.plus(Duration::from_secs(second));
        assert_eq!(counters.take(key(1), QUOTA, now).await, Counted::Within { left, reset, at: now });
    }
    let wait = Duration::from_secs(30);
    assert_eq!(counters.take(key(1), QUOTA, at(30)).await, Counted::Beyond { wait });
}

/// Each use expires at the end of its own window.
pub async fn uses_are_discarded_after_their_window(counters: &dyn Counters) {
    for second in [0, 30, 30] {
        counters.take(key(1), QUOTA, at(second)).await;
    }
    assert!(matches!(counters.take(key(1), QUOTA, at(60)).await, Counted::Within { left: 0, .. }));
    assert!(matches!(counters.take(key(1), QUOTA, at(61)).await, Counted::Beyond { .. }));
    assert!(matches!(counters.take(key(1), QUOTA, at(90)).await, Counted::Within { left: 1, .. }));
}

/// A refunded use no longer counts.
pub async fn a_refunded_use_is_allowed_again(counters: &dyn Counters) {
    for second in [0, 1, 1] {
        counters.take(key(1), QUOTA, at(second)).await;
    }
    counters.refund(key(1), at(1)).await;
    assert!(matches!(counters.take(key(1), QUOTA, at(2)).await, Counted::Within { left: 0, .. }));
    assert!(matches!(counters.take(key(1), QUOTA, at(2)).await, Counted::Beyond { .. }));
}

/// Refunding a use that was not counted has no effect.
pub async fn a_refund_without_a_use_has_no_effect(counters: &dyn Counters) {
    counters.refund(key(1), NOW).await;
    assert!(matches!(counters.take(key(1), QUOTA, NOW).await, Counted::Within { left: 2, .. }));
}

/// Uses of one key do not count for another.
pub async fn clients_are_counted_separately(counters: &dyn Counters) {
    for _ in 0..4 {
        counters.take(key(1), QUOTA, NOW).await;
    }
    assert!(matches!(counters.take(key(2), QUOTA, NOW).await, Counted::Within { left: 2, .. }));
}

/// Concurrent uses never exceed the quota.
pub async fn concurrent_uses_respect_the_quota(counters: &dyn Counters) {
    let counted = join_all((0..50).map(|_| counters.take(key(1), QUOTA, NOW))).await;
    assert_eq!(counted.iter().filter(|counted| matches!(counted, Counted::Within { .. })).count(), 3);
}
