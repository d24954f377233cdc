use std::{
    io,
    net::{IpAddr, SocketAddr},
};

use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};

use super::is_public;

/// Resolver that only returns public addresses. The connection uses an address that was checked, so that DNS
/// rebinding is not possible.
#[derive(Debug)]
pub(super) struct PublicResolver;

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(io::Error::from(io::ErrorKind::PermissionDenied).into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// Allowed targets of a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// The host configured in a setting, with any address.
    Named,
    /// A public host over TLS.
    Public,
}

/// Returns the allowed targets of a URL, or `None` if it must not be requested at all.
pub(super) fn reach(url: &Url, trusted: Option<&Url>) -> Option<Reach> {
    let is_plain = url.username().is_empty() && url.password().is_none();
    let host = url.host_str().filter(|_| is_plain)?;
    if let Some(trusted) = trusted
        && trusted.host_str() == Some(host)
        && trusted.port_or_known_default() == url.port_or_known_default()
        && (url.scheme() == "https" || url.scheme() == trusted.scheme())
    {
        return Some(Reach::Named);
    }
    // Literal addresses bypass the resolver.
    let is_literal_private = host.trim_matches(['[', ']']).parse().is_ok_and(|address: IpAddr| !is_public(address));
    (url.scheme() == "https" && !is_literal_private).then_some(Reach::Public)
}
