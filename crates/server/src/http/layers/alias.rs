//! Path aliases: `/User1/create` is a permanent alias of `/v1/User1/create`; trailing slashes are ignored; `%31` is
//! equivalent to `1`. The realm is looked up here, once per request.

use std::{borrow::Cow, sync::Arc};

use axum::{
    extract::Request,
    http::{Uri, uri::PathAndQuery},
};
use portcullis_core::realm::Realm;

use crate::http::state::AppState;

/// Realm of a request.
#[derive(Clone, Debug)]
pub(crate) struct RequestRealm(pub(crate) Arc<Realm>);

/// Returns the request with its path resolved.
pub(in crate::http) fn resolved(state: &AppState, mut request: Request) -> Request {
    let given = request.uri().path();
    let plain = normalize(given);
    let (path, realm) = match resolve(state, &plain) {
        Some((realm, path)) => (path, Some(realm)),
        None => (plain.into_owned(), None),
    };
    if path != given
        && let Some(uri) = with_path(request.uri(), path)
    {
        *request.uri_mut() = uri;
    }
    if let Some(realm) = realm {
        request.extensions_mut().insert(RequestRealm(realm));
    }
    request
}

/// Removes trailing slashes, and decodes unreserved characters (RFC 3986 §6.2.2.2). An encoded slash is kept, because
/// it does not separate segments.
fn normalize(path: &str) -> Cow<'_, str> {
    let trimmed = path.trim_end_matches('/');
    let trimmed = if trimmed.is_empty() { "/" } else { trimmed };
    if !trimmed.contains('%') {
        return Cow::Borrowed(trimmed);
    }
    let mut parts = trimmed.split('%');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let decoded = part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()).map(char::from);
        match decoded.filter(|decoded| decoded.is_ascii_alphanumeric() || "-._~".contains(*decoded)) {
            Some(decoded) => {
                plain.push(decoded);
                plain.push_str(part.get(2..).unwrap_or_default());
            }
            None => {
                plain.push('%');
                plain.push_str(part);
            }
        }
    }
    Cow::Owned(plain)
}

/// Returns the realm in a path, and the path with its version.
fn resolve(state: &AppState, path: &str) -> Option<(Arc<Realm>, String)> {
    let relative = path.strip_prefix("/v1/").or_else(|| path.strip_prefix('/'))?;
    let (name, rest) = relative.split_once('/').unwrap_or((relative, ""));
    let realm = match state.service.realm(name) {
        Some(realm) => realm,
        None => state.service.realm_of_link(name, rest)?,
    };
    let full = if rest.is_empty() { format!("/v1/{name}") } else { format!("/v1/{name}/{rest}") };
    Some((Arc::clone(realm), full))
}

fn with_path(uri: &Uri, path: String) -> Option<Uri> {
    let path_and_query = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path,
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path_and_query).ok()?);
    Uri::from_parts(parts).ok()
}
