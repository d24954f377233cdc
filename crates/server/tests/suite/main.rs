//! All tests of the server through its public interfaces, in one binary.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    unreachable_pub,
    reason = "a test fails at the first surprise"
)]

mod admin;
mod architecture;
mod cli;
mod concealment;
mod config;
mod cors;
mod dashboard;
mod docs;
mod factors;
mod failure;
mod federation;
mod floods;
mod http;
mod kill;
mod limits;
mod metrics;
mod mongodb_away;
mod nodes;
mod openapi;
mod openid;
mod origin_defects;
mod outbox;
mod pages;
mod passkeys;
mod personal_data;
mod process;
mod realm_policy;
mod requirements;
mod routes;
mod servers;
mod sms;
mod stored;
mod support;
mod templates;
mod timing;
mod token_matrix;
mod walk;
