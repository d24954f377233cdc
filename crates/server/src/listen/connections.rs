//! Connection limits: total, per client, and per IPv6 site.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ipnet::IpNet;
use portcullis_core::limit::{CLIENTS_PER_SITE, Network};

/// Counts open connections and rejects those beyond a limit.
#[derive(Debug)]
pub struct ConnectionLimiter {
    all: usize,
    each: usize,
    /// Networks without a per-client limit, because they forward connections of many clients.
    proxies: Vec<IpNet>,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by: HashMap<Network, usize>,
}

/// Permit for one connection, released on drop.
#[derive(Debug)]
pub struct ConnectionPermit {
    limiter: Arc<ConnectionLimiter>,
    /// Address that the connection is counted for. `None` for a proxy.
    of: Option<IpAddr>,
}

impl ConnectionLimiter {
    /// Allows `all` connections in total and `each` per client. The networks in `proxies` are exempt from the latter.
    #[must_use]
    pub fn new(all: usize, each: usize, proxies: Vec<IpNet>) -> Arc<Self> {
        Arc::new(Self { all, each, proxies, taken: Mutex::default() })
    }

    /// Acquires a permit for a connection from this peer. Returns `None` if a limit is reached.
    #[must_use]
    pub fn take(limiter: &Arc<Self>, peer: IpAddr) -> Option<ConnectionPermit> {
        let of = peer.to_canonical();
        let is_proxy = limiter.proxies.iter().any(|proxy| proxy.contains(&of));
        let mut taken = limiter.taken();
        // A proxy forwards connections of many clients, so they are not counted for its network.
        let of = (!is_proxy).then_some(of);
        let has_room = |(network, most): (Network, usize)| taken.by.get(&network).copied().unwrap_or_default() < most;
        if taken.all >= limiter.all || !limiter.networks(of).all(has_room) {
            return None;
        }
        taken.all += 1;
        for (network, _) in limiter.networks(of) {
            *taken.by.entry(network).or_default() += 1;
        }
        drop(taken);
        Some(ConnectionPermit { limiter: Arc::clone(limiter), of })
    }

    /// Returns the networks that the peer is counted in, each with its limit.
    fn networks(&self, peer: Option<IpAddr>) -> impl Iterator<Item = (Network, usize)> {
        let (client, site) = (peer.map(Network::client), peer.and_then(Network::site));
        let of_client = client.map(|client| (client, self.each));
        let of_site = site.map(|site| (site, self.each.saturating_mul(CLIENTS_PER_SITE as usize)));
        of_client.into_iter().chain(of_site)
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut taken = self.limiter.taken();
        taken.all -= 1;
        for (network, _) in self.limiter.networks(self.of) {
            if let Some(of_theirs) = taken.by.get_mut(&network) {
                *of_theirs -= 1;
                if *of_theirs == 0 {
                    taken.by.remove(&network);
                }
            }
        }
    }
}
