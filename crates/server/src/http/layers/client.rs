//! Who is at the other end, behind proxies that are trusted.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, header::USER_AGENT};
use ipnet::IpNet;
use portcullis_core::ctx::Client;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Longest `User-Agent` that is kept, in characters.
const MAX_AGENT: usize = 200;

pub(super) fn client(peer: Option<SocketAddr>, headers: &HeaderMap, proxies: &[IpNet]) -> Client {
    let peer = peer.map(|peer| peer.ip().to_canonical());
    Client { ip: peer.map(|peer| behind(peer, headers, proxies)), agent: agent(headers) }
}

/// Each proxy adds on the right whom it was asked by: what a client writes itself stands further left, and is never reached,
/// since the first address that is no proxy's ends the walk.
fn behind(peer: IpAddr, headers: &HeaderMap, proxies: &[IpNet]) -> IpAddr {
    let mut client = peer;
    let lines = headers.get_all(X_FORWARDED_FOR).into_iter().rev();
    // As bytes: what a client writes that is no text must not hide what its proxy has added.
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

/// An address, perhaps with a port.
fn address(hop: &[u8]) -> Option<IpAddr> {
    let hop = std::str::from_utf8(hop).ok()?;
    let bare = hop.strip_prefix('[').and_then(|hop| hop.strip_suffix(']')).unwrap_or(hop);
    let address = bare.parse().ok().or_else(|| Some(hop.parse::<SocketAddr>().ok()?.ip()));
    address.map(|address| address.to_canonical())
}

fn agent(headers: &HeaderMap) -> Option<String> {
    Some(headers.get(USER_AGENT)?.to_str().ok()?.chars().take(MAX_AGENT).collect())
}
