//! Networks of addresses that are counted together: a client of IPv6 is a /64, since its owner controls every address
//! in it; a site is a /48, since its owner may control every /64 in it.

use std::net::{IpAddr, Ipv6Addr};

/// Share of a site, in shares of a client, although a site has 65,536 networks that look like clients.
pub const CLIENTS_PER_SITE: u32 = 4;

/// Addresses that are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network {
    /// First address; the bits after the prefix are zero.
    address: IpAddr,
    /// Length of the prefix, a multiple of 8.
    prefix: u8,
}

impl Network {
    /// Returns the network that counts as one client: an address of IPv4, a /64 of IPv6.
    #[must_use]
    pub fn client(address: IpAddr) -> Self {
        match address.to_canonical() {
            address @ IpAddr::V4(_) => Self { address, prefix: 32 },
            IpAddr::V6(address) => Self::v6(address, 64),
        }
    }

    /// Returns the network that counts as one site: a /48 of IPv6. IPv4 has none.
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
