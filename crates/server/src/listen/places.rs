//! Room for connections: so many in all, so many from one address.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ipnet::IpNet;

/// Who has how many connections.
#[derive(Debug)]
pub(crate) struct Places {
    all: usize,
    each: usize,
    /// Speak for many.
    proxies: Vec<IpNet>,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by: HashMap<IpAddr, usize>,
}

/// Room for one connection, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    of: IpAddr,
}

impl Places {
    pub(crate) fn new(all: usize, each: usize, proxies: Vec<IpNet>) -> Arc<Self> {
        Arc::new(Self { all, each, proxies, taken: Mutex::default() })
    }

    /// Room for one more connection of this peer, if there is any.
    pub(super) fn take(places: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        let of = network(peer);
        let mut taken = places.taken();
        let of_theirs = taken.by.get(&of).copied().unwrap_or_default();
        let is_proxy = places.proxies.iter().any(|proxy| proxy.contains(&peer.to_canonical()));
        if taken.all >= places.all || (of_theirs >= places.each && !is_proxy) {
            return None;
        }
        taken.all += 1;
        taken.by.insert(of, of_theirs + 1);
        drop(taken);
        Some(Place { places: Arc::clone(places), of })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        taken.all -= 1;
        if let Some(of_theirs) = taken.by.get_mut(&self.of) {
            *of_theirs -= 1;
            if *of_theirs == 0 {
                taken.by.remove(&self.of);
            }
        }
    }
}

/// Within a network of 64 bits anybody has all addresses.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
        address @ IpAddr::V4(_) => address,
    }
}
