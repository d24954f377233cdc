use std::net::IpAddr;

use axum::{
    extract::FromRequestParts,
    http::{
        HeaderMap, HeaderName, Version,
        header::{FORWARDED, HOST},
        request::Parts,
        uri::Authority,
    },
};
use portcullis_core::Error;

use crate::http::{layers::scope::Peer, problem::ApiError, state::AppState};

/// Proof that a request comes from this machine or an allowed network, not through a proxy, and with a known host
/// name. The host name is checked to prevent DNS rebinding.
#[derive(Debug)]
pub(in crate::http) struct DeveloperOnly;

impl FromRequestParts<AppState> for DeveloperOnly {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let is_admitted = peer(parts).zip(host(parts)).is_some_and(|(peer, host)| state.developers.admits(peer, &host));
        if is_admitted && !was_forwarded(&parts.headers) { Ok(Self) } else { Err(Error::not_found().into()) }
    }
}

fn peer(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<Peer>().map(|peer| peer.0.ip())
}

/// Returns the host name of the request. `None` for HTTP/1.0, because old proxies use it without adding headers.
fn host(parts: &Parts) -> Option<String> {
    let mut hosts = parts.headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return None };
    let host = host.to_str().ok()?.parse::<Authority>().ok()?;
    let is_plain = host.as_str().strip_prefix(host.host()).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'));
    let name = host.host().trim_matches(['[', ']']).to_owned();
    (is_plain && parts.version >= Version::HTTP_11).then_some(name)
}

fn was_forwarded(headers: &HeaderMap) -> bool {
    const MARKS: [HeaderName; 6] = [
        FORWARDED,
        HeaderName::from_static("x-forwarded-for"),
        HeaderName::from_static("x-forwarded-host"),
        HeaderName::from_static("x-forwarded-proto"),
        HeaderName::from_static("x-real-ip"),
        HeaderName::from_static("via"),
    ];
    MARKS.iter().any(|mark| headers.contains_key(mark))
}
