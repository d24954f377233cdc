//! Conformance tests for backends: plain functions over the `&dyn` trait of a port, each named after the property
//! that it proves.
//!
//! A backend runs them with one line: [`store_suite!`](crate::store_suite),
//! [`session_cache_suite!`](crate::session_cache_suite) or [`account_cache_suite!`](crate::account_cache_suite), with
//! a function that creates a new instance. Each list of cases is next to its cases. The compiler warns about a case
//! that is missing from its list, because it is unused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test should fail immediately if something is unexpected"
)]

pub mod account_cache;
pub mod authenticator;
pub mod counters;
mod forward;
mod join_all;
mod revocations;
pub mod rows;
pub mod session_cache;
pub mod store;

pub use join_all::{Pending, join_all};
pub use revocations::Revocations;

/// Re-exports the cases of a list: `store_cases!(export_cases)`.
macro_rules! export_cases {
    ($port:ident { $($module:ident: $($case:ident),+;)+ }) => {
        $(pub use $module::{$($case),+};)+
    };
}
use export_cases;

/// Generates one test for each case of a list. Used by the macros of the suites.
#[doc(hidden)]
#[macro_export]
macro_rules! suite_tests {
    ($port:ident { $($module:ident: $($case:ident),+;)+ } $make:path) => {
        $($(
            #[tokio::test]
            async fn $case() {
                let made = $make().await;
                $crate::suite::$port::$case(&*made).await;
            }
        )+)+
    };
}
