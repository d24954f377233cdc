//! Validates the `Host` header. Its value is not used, but parsers that disagree about it enable request smuggling.

use axum::http::{HeaderMap, Version, header::HOST, uri::Authority};

/// Returns whether there is exactly one `Host`, which is an authority or empty (RFC 9112 §3.2). HTTP/1.0 does not require it.
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
