//! Validates the `Host` header. The server does not use its value, but disagreement between parsers enables request
//! smuggling.

use axum::http::{HeaderMap, Version, header::HOST, uri::Authority};

/// Returns whether there is exactly one `Host` header that is a valid authority or empty (RFC 9112 §3.2). HTTP/1.0
/// does not require it.
pub(super) fn is_valid(version: Version, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => version < Version::HTTP_11,
        (Some(host), None) => {
            let host = host.as_bytes();
            host.is_empty() || !host.contains(&b'@') && Authority::try_from(host).is_ok()
        }
        (Some(_), Some(_)) => false,
    }
}
