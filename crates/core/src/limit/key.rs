use std::{fmt, net::IpAddr};

use aws_lc_rs::hmac;

use super::{LimitKind, Network};
use crate::seal::{self, RealmKeys};

/// Subject of a quota, stored as a hash.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LimitKey(pub [u8; 32]);

impl fmt::Debug for LimitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LimitKey(…)")
    }
}

impl LimitKey {
    /// Returns the key of a subject in a realm, such as an account or a session.
    #[must_use]
    pub fn in_realm(keys: &RealmKeys, kind: LimitKind, subject: &[&[u8]]) -> Self {
        let parts = std::iter::once(kind.as_str().as_bytes()).chain(subject.iter().copied());
        Self(seal::mac(keys.limit_key(), parts).as_ref().first_chunk().copied().unwrap_or_default())
    }

    /// Returns the key of the client with this address.
    #[must_use]
    pub fn client(kind: LimitKind, address: IpAddr) -> Self {
        Self::network(kind, b"client", Network::client(address))
    }

    /// Returns the key of the IPv6 site of this address. Returns `None` for IPv4.
    #[must_use]
    pub fn site(kind: LimitKind, address: IpAddr) -> Option<Self> {
        Network::site(address).map(|site| Self::network(kind, b"site", site))
    }

    fn network(kind: LimitKind, label: &[u8], network: Network) -> Self {
        Self(seal::digest([kind.as_str().as_bytes(), label, &network.prefix_bytes()]))
    }
}

/// Hides limit keys from systems outside the process. A client's key is a hash of its address, which could be found
/// by brute force.
#[derive(Clone)]
pub struct KeyVeil(hmac::Key);

impl KeyVeil {
    /// Creates the veil shared by the servers of this realm.
    #[must_use]
    pub fn of(keys: &RealmKeys) -> Self {
        let key = seal::mac(keys.limit_key(), [b"veil".as_slice()]);
        Self(hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()))
    }

    /// Hides a key. All servers of the realm produce the same value.
    #[must_use]
    pub fn cover(&self, key: LimitKey) -> LimitKey {
        LimitKey(seal::mac(&self.0, [key.0.as_slice()]).as_ref().first_chunk().copied().unwrap_or_default())
    }
}

impl fmt::Debug for KeyVeil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyVeil(…)")
    }
}
