//! What every backend must pass: plain cases over `&dyn` of a port, each named as the sentence that it proves.
//!
//! A backend runs them all with one line: [`store_suite!`](crate::store_suite), [`session_cache_suite!`](crate::session_cache_suite)
//! or [`account_cache_suite!`](crate::account_cache_suite), each given a function that makes a fresh one. The lists stand
//! beside the cases; a case that is on no list is never used, which the compiler tells.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that is surprised should say so at once"
)]

pub mod account_cache;
pub mod counters;
mod forward;
mod join_all;
mod revocations;
pub mod rows;
pub mod session_cache;
pub mod store;

pub use join_all::{Pending, join_all};
pub use revocations::Revocations;

/// Makes the cases of a list public: `store_cases!(export_cases)`.
macro_rules! export_cases {
    ($port:ident { $($module:ident: $($case:ident),+;)+ }) => {
        $(pub use $module::{$($case),+};)+
    };
}
use export_cases;

/// One test for each case of a list: what the suites' macros are made of.
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
