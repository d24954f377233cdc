use std::net::IpAddr;

use ipnet::IpNet;

/// Who may open the pages of developers: this machine, and the networks of `DEV_MAILBOX_NETWORKS`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeveloperAccess {
    /// Networks beside loopback, such as that of a container's host.
    pub networks: Vec<IpNet>,
    /// Host of `PUBLIC_URL`.
    pub public_host: String,
}

impl DeveloperAccess {
    /// Returns whether a peer may open them under this host name. A browser that was led here by DNS rebinding names a foreign
    /// host.
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
