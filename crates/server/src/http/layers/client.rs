//! The client's address, if necessary from headers of trusted proxies.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, Once},
};

use axum::http::{
    HeaderMap, HeaderName,
    header::{FORWARDED, USER_AGENT},
};
use ipnet::IpNet;
use portcullis_core::ctx::Client;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Headers in which proxies forward the client's address or the original host and scheme.
const FORWARDING: [HeaderName; 5] = [
    FORWARDED,
    X_FORWARDED_FOR,
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-real-ip"),
];

/// Maximum length of `User-Agent`, in characters.
const MAX_AGENT: usize = 200;

pub(super) fn client(peer: Option<SocketAddr>, headers: &HeaderMap, proxies: &[IpNet]) -> Client {
    let peer = peer.map(|peer| peer.ip().to_canonical());
    Client { ip: peer.map(|peer| behind(peer, headers, proxies)), agent: agent(headers), route: None }
}

/// Returns the client's address. Each proxy appends the address of its peer on the right. Forged entries are further
/// to the left and never reached, because the search stops at the first address that is not a trusted proxy.
fn behind(peer: IpAddr, headers: &HeaderMap, proxies: &[IpNet]) -> IpAddr {
    let mut client = peer;
    let lines = headers.get_all(X_FORWARDED_FOR).into_iter().rev();
    // Split as bytes, because invalid text sent by the client must not hide what its proxy has appended.
    let hops = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    let mut hops = hops.map(<[u8]>::trim_ascii).filter(|hop| !hop.is_empty());
    while proxies.iter().any(|proxy| proxy.contains(&client)) {
        match hops.next().and_then(address) {
            Some(hop) => client = hop,
            None => break,
        }
    }
    client
}

/// Warns once about a forwarding header from an untrusted proxy. All clients behind it share one limit.
pub(super) fn warn_of_unknown_proxy(told: &Once, peer: Option<SocketAddr>, headers: &HeaderMap, proxies: &[IpNet]) {
    let Some(peer) = peer.map(|peer| peer.ip().to_canonical()) else { return };
    let is_trusted = || proxies.iter().any(|proxy| proxy.contains(&peer));
    let Some(header) = FORWARDING.into_iter().find(|name| headers.contains_key(name)).filter(|_| !is_trusted()) else {
        return;
    };
    told.call_once(|| {
        let setting = setting_for(peer, proxies);
        tracing::warn!(header = header.as_str(), setting, "forwarding header from an unknown peer");
    });
}

/// Returns the setting that would trust this peer. The address of a peer outside this network may be personal data.
fn setting_for(peer: IpAddr, proxies: &[IpNet]) -> String {
    let is_near = match peer {
        IpAddr::V4(peer) => peer.is_loopback() || peer.is_private() || peer.is_link_local(),
        IpAddr::V6(peer) => peer.is_loopback() || peer.is_unique_local() || peer.is_unicast_link_local(),
    };
    let peer = if is_near { peer.to_string() } else { "ADDRESS_OF_THE_PROXY".to_owned() };
    let networks: Vec<String> = proxies.iter().map(ToString::to_string).chain([peer]).collect();
    format!("TRUSTED_PROXIES={}", networks.join(","))
}

/// Parses an address with or without a port.
fn address(hop: &[u8]) -> Option<IpAddr> {
    let hop = std::str::from_utf8(hop).ok()?;
    let bare = hop.strip_prefix('[').and_then(|hop| hop.strip_suffix(']')).unwrap_or(hop);
    let address = bare.parse().ok().or_else(|| Some(hop.parse::<SocketAddr>().ok()?.ip()));
    address.map(|address| address.to_canonical())
}

fn agent(headers: &HeaderMap) -> Option<Arc<str>> {
    let agent = headers.get(USER_AGENT)?;
    match agent.to_str() {
        Ok(plain) if plain.len() <= MAX_AGENT => Some(plain.into()),
        _ => Some(String::from_utf8_lossy(agent.as_bytes()).chars().take(MAX_AGENT).collect::<String>().into()),
    }
}
