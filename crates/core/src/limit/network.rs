//! Networks that are counted as one client. An IPv6 client is a /64, because its owner controls all addresses in it.
//! An IPv6 site is a /48, because its owner may control every /64 in it.

use std::net::{IpAddr, Ipv6Addr};

/// Limit of a site as a multiple of the limit of a client. It is small although a site contains 65,536 networks that
/// each look like a client.
pub const CLIENTS_PER_SITE: u32 = 4;

/// A network whose addresses share their limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network {
    /// First address. The bits after the prefix are zero.
    address: IpAddr,
    /// Prefix length, a multiple of 8.
    prefix: u8,
}

impl Network {
    /// Returns the network of a client: an IPv4 address, or an IPv6 /64.
    #[must_use]
    pub fn client(address: IpAddr) -> Self {
        match address.to_canonical() {
            address @ IpAddr::V4(_) => Self { address, prefix: 32 },
            IpAddr::V6(address) => Self::v6(address, 64),
        }
    }

    /// Returns the network of a site: an IPv6 /48. Returns `None` for IPv4.
    #[must_use]
    pub fn site(address: IpAddr) -> Option<Self> {
        match address.to_canonical() {
            IpAddr::V4(_) => None,
            IpAddr::V6(address) => Some(Self::v6(address, 48)),
        }
    }

    /// Returns the bytes of the prefix.
    pub(super) fn prefix_bytes(&self) -> Vec<u8> {
        let take = usize::from(self.prefix / 8);
        match self.address {
            IpAddr::V4(address) => address.octets().into_iter().take(take).collect(),
            IpAddr::V6(address) => address.octets().into_iter().take(take).collect(),
        }
    }

    fn v6(address: Ipv6Addr, prefix: u8) -> Self {
        let behind = 128 - u32::from(prefix);
        Self { address: IpAddr::V6((u128::from(address) >> behind << behind).into()), prefix }
    }
}
