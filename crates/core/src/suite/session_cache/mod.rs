//! Conformance tests for session caches.

mod cases;

use super::export_cases;

/// Runs each case against a new cache: `session_cache_suite!(make)`, where `make` is an async function whose result
/// dereferences to one.
#[macro_export]
macro_rules! session_cache_suite {
    ($make:path) => {
        $crate::session_cache_cases!($crate::suite_tests, $make);
    };
}

/// The list of cases.
#[doc(hidden)]
#[macro_export]
macro_rules! session_cache_cases {
    ($then:path $(, $make:path)?) => {
        $then! { session_cache {
            cases:
                what_was_never_seen_is_unknown,
                what_was_seen_alive_is_live,
                the_time_of_the_authentication_is_known,
                nothing_is_live_before_the_log_was_read,
                what_is_out_of_date_is_unknown,
                a_clock_that_was_set_back_makes_nothing_live,
                another_users_session_is_not_live,
                what_was_revoked_stays_revoked,
                what_was_revoked_does_not_come_alive_again,
                a_revocation_needs_no_session_seen_before,
                sessions_of_two_realms_are_apart,
                what_is_doubted_is_unknown,
                doubt_lasts_until_the_session_is_seen_again,
                what_was_doubted_ends_like_any_other,
                of_many_only_those_of_the_doubted_are_unknown,
                what_was_read_before_a_doubt_stays_doubted,
                sessions_from_before_a_gap_in_the_log_are_unknown;
        } $($make)? }
    };
}

session_cache_cases!(export_cases);
