use std::net::IpAddr;

use ipnet::IpNet;

/// Access to the developer pages: from this machine, and from the networks in `DEV_MAILBOX_NETWORKS`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeveloperAccess {
    /// Networks in addition to loopback, such as the network of a container's host.
    pub networks: Vec<IpNet>,
    /// Host of `PUBLIC_URL`.
    pub public_host: String,
}

impl DeveloperAccess {
    /// Returns whether a peer may open the pages under this host name. The name is checked to prevent DNS rebinding,
    /// in which a browser sends a foreign host name.
    #[must_use]
    pub fn admits(&self, peer: IpAddr, host: &str) -> bool {
        let (peer, address) = (peer.to_canonical(), host.parse::<IpAddr>().ok());
        let is_home = host.eq_ignore_ascii_case("localhost") || address.is_some_and(|ip| ip.is_loopback());
        if peer.is_loopback() {
            return is_home;
        }
        let is_known = is_home || address.is_some() || host.eq_ignore_ascii_case(&self.public_host);
        is_known && self.networks.iter().any(|network| network.contains(&peer))
    }
}
