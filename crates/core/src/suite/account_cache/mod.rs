//! Conformance tests for account caches.

mod cases;

use super::export_cases;

/// Runs each case against a new cache: `account_cache_suite!(make)`, where `make` is an async function whose result
/// dereferences to one.
#[macro_export]
macro_rules! account_cache_suite {
    ($make:path) => {
        $crate::account_cache_cases!($crate::suite_tests, $make);
    };
}

/// The list of cases.
#[doc(hidden)]
#[macro_export]
macro_rules! account_cache_cases {
    ($then:path $(, $make:path)?) => {
        $then! { account_cache {
            cases:
                a_cached_account_is_returned,
                an_uncached_account_is_not_returned,
                an_invalidated_account_is_removed,
                an_account_read_before_an_invalidation_is_not_cached,
                an_account_read_after_an_invalidation_is_cached,
                a_later_account_replaces_an_earlier_one,
                accounts_of_two_realms_are_separate,
                an_unsynced_cache_returns_nothing,
                accounts_from_before_a_gap_in_the_log_are_removed;
        } $($make)? }
    };
}

account_cache_cases!(export_cases);
