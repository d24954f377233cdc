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
                an_unseen_session_is_unknown,
                a_session_marked_live_is_live,
                the_time_of_the_authentication_is_known,
                nothing_is_live_before_the_log_was_read,
                an_unsynced_live_session_is_unknown,
                a_clock_set_back_revives_nothing,
                another_users_session_is_not_live,
                a_revoked_session_remains_revoked,
                a_revoked_session_is_not_marked_live,
                a_revocation_needs_no_session_seen_before,
                sessions_of_two_realms_are_separate,
                invalidated_sessions_are_unknown,
                an_invalidation_lasts_until_the_session_is_marked_live,
                an_invalidated_session_can_be_revoked,
                only_the_sessions_of_invalidated_users_are_unknown,
                a_session_read_before_an_invalidation_remains_unknown,
                sessions_from_before_a_gap_in_the_log_are_unknown;
        } $($make)? }
    };
}

session_cache_cases!(export_cases);
