//! Requests to third-party servers. They are bounded in time and size, and restricted to public addresses unless the
//! host is configured in a setting.

mod guard;
mod http;
mod public;

pub use http::HttpFetch;
pub use public::is_public;
