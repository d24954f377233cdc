//! All tests of the domain that need no server, in one binary.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    unreachable_pub,
    reason = "a test fails at the first surprise"
)]

mod audit;
mod audit_chain;
mod clock;
mod country;
mod email;
mod factor;
mod federation;
mod flows;
mod limit;
mod link;
mod name;
mod oauth;
mod outbox;
mod passkey;
mod password;
mod phone;
mod profile;
mod realm;
mod record;
mod refresh;
mod seal;
mod support;
mod token;
mod typed;
mod user_agent;
mod verified_token;
