//! Origins of the pages of clients, kept for a short time after they were read.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::{ClientType, RedirectUri, RegisteredClient};
use crate::{clock::Timestamp, id::RealmName};

/// Time for which the redirect URIs of a realm are kept, so that not every unauthenticated request reads all clients.
const KEPT_FOR: Duration = Duration::from_secs(5);

/// Redirect URIs of a realm, and whether each matches all ports.
#[derive(Debug, Clone)]
pub(crate) struct Origins(Arc<Vec<(RedirectUri, bool)>>);

impl Origins {
    /// Returns whether a page of this origin belongs to a client.
    pub(crate) fn have(&self, origin: &str) -> bool {
        self.0.iter().any(|(uri, any_port)| uri.is_of(origin, *any_port))
    }
}

impl FromIterator<RegisteredClient> for Origins {
    fn from_iter<T: IntoIterator<Item = RegisteredClient>>(clients: T) -> Self {
        let of = |client: RegisteredClient| {
            let any_port = client.client_type == ClientType::Public;
            client.redirect_uris.into_iter().map(move |uri| (uri, any_port))
        };
        Self(Arc::new(clients.into_iter().flat_map(of).collect()))
    }
}

/// Cached redirect URIs of all realms.
#[derive(Debug, Default)]
pub(crate) struct KnownOrigins(Mutex<BTreeMap<RealmName, (Timestamp, Origins)>>);

impl KnownOrigins {
    /// Returns the cached origins of a realm if they were read recently.
    pub(crate) fn get(&self, realm: &RealmName, now: Timestamp) -> Option<Origins> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(realm).filter(|(at, _)| now.since(*at) < KEPT_FOR).map(|(_, origins)| origins.clone())
    }

    /// Caches the origins of a realm.
    pub(crate) fn put(&self, realm: &RealmName, now: Timestamp, origins: Origins) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(realm.clone(), (now, origins));
    }
}
