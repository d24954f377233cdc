//! Accounts are cached, invalidated, and never returned when outdated.

use std::sync::Arc;

use crate::{
    port::AccountCache,
    suite::rows::{NOW, account, at, here, there, user_id},
};

pub async fn a_cached_account_is_returned(cache: &dyn AccountCache) {
    cache.synced(NOW);
    let ada = Arc::new(account("ada", "Ada"));
    cache.insert(&here(), Arc::clone(&ada), cache.generation());
    assert_eq!(cache.get(&here(), &user_id("ada"), NOW), Some(ada));
}

pub async fn an_uncached_account_is_not_returned(cache: &dyn AccountCache) {
    cache.synced(NOW);
    assert_eq!(cache.get(&here(), &user_id("ada"), NOW), None);
    cache.invalidate(&here(), &user_id("ada"));
    assert_eq!(cache.get(&here(), &user_id("ada"), NOW), None);
}

/// An invalidation takes effect immediately.
pub async fn an_invalidated_account_is_removed(cache: &dyn AccountCache) {
    cache.synced(NOW);
    cache.insert(&here(), Arc::new(account("ada", "Ada")), cache.generation());
    cache.invalidate(&here(), &user_id("ada"));
    assert_eq!(cache.get(&here(), &user_id("ada"), NOW), None);
}

/// A reader reads an account. The account is then changed and invalidated, and only after that the reader inserts the
/// outdated account.
pub async fn an_account_read_before_an_invalidation_is_not_cached(cache: &dyn AccountCache) {
    cache.synced(NOW);
    let mark = cache.generation();
    cache.invalidate(&here(), &user_id("ada"));
    cache.insert(&here(), Arc::new(account("ada", "Old")), mark);
    assert_eq!(cache.get(&here(), &user_id("ada"), NOW), None);
}

/// An account that is read after an invalidation is cached again.
pub async fn an_account_read_after_an_invalidation_is_cached(cache: &dyn AccountCache) {
    cache.synced(NOW);
    cache.insert(&here(), Arc::new(account("ada", "Old")), cache.generation());
    cache.invalidate(&here(), &user_id("ada"));
    let new = Arc::new(account("ada", "New"));
    cache.insert(&here(), Arc::clone(&new), cache.generation());
    assert_eq!(cache.get(&here(), &user_id("ada"), NOW), Some(new));
}

/// A later insert replaces an earlier one.
pub async fn a_later_account_replaces_an_earlier_one(cache: &dyn AccountCache) {
    cache.synced(NOW);
    let new = Arc::new(account("ada", "New"));
    cache.insert(&here(), Arc::new(account("ada", "Old")), cache.generation());
    cache.insert(&here(), Arc::clone(&new), cache.generation());
    assert_eq!(cache.get(&here(), &user_id("ada"), NOW), Some(new));
}

/// The same identifier belongs to different users in two realms.
pub async fn accounts_of_two_realms_are_separate(cache: &dyn AccountCache) {
    cache.synced(NOW);
    let (one, other) = (Arc::new(account("ada", "One")), Arc::new(account("ada", "Other")));
    cache.insert(&here(), Arc::clone(&one), cache.generation());
    assert_eq!(cache.get(&there(), &user_id("ada"), NOW), None);
    cache.insert(&there(), other, cache.generation());
    cache.invalidate(&there(), &user_id("ada"));
    assert_eq!(cache.get(&there(), &user_id("ada"), NOW), None);
    assert_eq!(cache.get(&here(), &user_id("ada"), NOW), Some(one));
}

/// Nothing is returned before the log was followed, or more than a second after it was last followed.
pub async fn an_unsynced_cache_returns_nothing(cache: &dyn AccountCache) {
    let ada = Arc::new(account("ada", "Ada"));
    let id = user_id("ada");
    cache.insert(&here(), Arc::clone(&ada), cache.generation());
    cache.synced(NOW);
    cache.insert(&here(), Arc::clone(&ada), cache.generation());
    assert_eq!(cache.get(&here(), &id, at(1)), Some(Arc::clone(&ada)));
    assert_eq!(cache.get(&here(), &id, at(2)), None);
    assert_eq!(cache.get(&here(), &id, at(-2)), None);
    cache.synced(at(2));
    assert_eq!(cache.get(&here(), &id, at(2)), Some(ada));
}

/// Changes during the gap may have been swept before they were read.
pub async fn accounts_from_before_a_gap_in_the_log_are_removed(cache: &dyn AccountCache) {
    cache.synced(NOW);
    let generation = cache.generation();
    cache.insert(&here(), Arc::new(account("ada", "Old")), generation);
    cache.synced(at(1000));
    assert_eq!(cache.get(&here(), &user_id("ada"), at(1000)), None);
    cache.insert(&here(), Arc::new(account("ada", "Old")), generation);
    assert_eq!(cache.get(&here(), &user_id("ada"), at(1000)), None);
}
