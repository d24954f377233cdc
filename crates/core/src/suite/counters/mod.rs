//! Conformance tests for counters.

mod cases;

use super::export_cases;

/// Runs each case against new counters: `counters_suite!(make)`, where `make` is an async function whose result dereferences to
/// them.
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
                so_many_are_within_the_quota,
                what_was_counted_is_forgotten,
                what_was_given_back_may_be_done_again,
                what_was_never_counted_can_be_given_back,
                clients_are_apart,
                of_fifty_at_once_as_many_are_within_as_may;
        } $($make)? }
    };
}

counters_cases!(export_cases);
