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
                what_was_put_is_remembered,
                what_was_never_put_is_not,
                what_was_forgotten_is_gone,
                what_was_read_before_something_was_forgotten_is_not_put,
                what_was_read_afterwards_is,
                the_newest_counts,
                accounts_of_two_realms_are_apart,
                what_is_out_of_date_is_not_returned,
                accounts_from_before_a_gap_in_the_log_are_removed;
        } $($make)? }
    };
}

account_cache_cases!(export_cases);
