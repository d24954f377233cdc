//! Conformance tests for counters.

mod cases;

use super::export_cases;

/// Runs each case against new counters: `counters_suite!(make)`, where `make` is an async function whose result
/// dereferences to them.
#[macro_export]
macro_rules! counters_suite {
    ($make:path) => {
        $crate::counters_cases!($crate::suite_tests, $make);
    };
}

/// The list of cases.
#[doc(hidden)]
#[macro_export]
macro_rules! counters_cases {
    ($then:path $(, $make:path)?) => {
        $then! { counters {
            cases:
                uses_within_the_quota_are_allowed,
                uses_are_discarded_after_their_window,
                a_refunded_use_is_allowed_again,
                a_refund_without_a_use_has_no_effect,
                clients_are_counted_separately,
                concurrent_uses_respect_the_quota;
        } $($make)? }
    };
}

counters_cases!(export_cases);
