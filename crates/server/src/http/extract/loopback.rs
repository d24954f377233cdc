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

/// Proof that a request comes from this machine, through no proxy and under no foreign host name (DNS rebinding).
#[derive(Debug)]
pub(in crate::http) struct LoopbackOnly;

impl FromRequestParts<AppState> for LoopbackOnly {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        let peer_is_home = parts.extensions.get::<Peer>().is_some_and(|peer| peer.0.ip().to_canonical().is_loopback());
        let is_home = peer_is_home && host_is_home(parts) && !was_forwarded(&parts.headers);
        if is_home { Ok(Self) } else { Err(Error::not_found().into()) }
    }
}

/// Returns whether the request was made to a loopback name. A browser that was led here by DNS rebinding sends the foreign name
/// in `Host`; old proxies use HTTP/1.0 and leave no trace.
fn host_is_home(parts: &Parts) -> bool {
    let mut hosts = parts.headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let Some(host) = host.to_str().ok().and_then(|host| host.parse::<Authority>().ok()) else { return false };
    let name = host.host().trim_matches(['[', ']']);
    let is_plain = host.as_str().strip_prefix(host.host()).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'));
    let is_home = name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    is_plain && is_home && parts.version >= Version::HTTP_11
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
