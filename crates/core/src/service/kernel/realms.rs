use std::{collections::BTreeMap, sync::Arc, time::Duration};

use crate::{
    error::{Error, Result},
    id::RealmName,
    limit::KeyVeil,
    realm::Realm,
};

/// Open realms, by name.
#[derive(Debug)]
pub struct Realms(BTreeMap<RealmName, Arc<Realm>>);

impl Realms {
    pub(in crate::service) const fn new(realms: BTreeMap<RealmName, Arc<Realm>>) -> Self {
        Self(realms)
    }

    /// Returns the users' realm with this name.
    pub(in crate::service) fn get(&self, name: &str) -> Option<&Arc<Realm>> {
        self.0.get(name).filter(|realm| realm.name != RealmName::admin())
    }

    /// Returns the administrators' realm.
    ///
    /// # Errors
    /// Returns `Internal` if it was not opened.
    pub(in crate::service) fn admin(&self) -> Result<&Arc<Realm>> {
        self.0
            .get(RealmName::admin().as_str())
            .ok_or_else(|| Error::internal("the realm of administrators is not open"))
    }

    /// Returns the realm with this name, including the administrators' realm.
    pub(in crate::service) fn any(&self, name: &str) -> Option<&Arc<Realm>> {
        self.0.get(name)
    }

    /// Returns the realms of users.
    pub(in crate::service) fn all(&self) -> impl Iterator<Item = &Arc<Realm>> {
        self.0.values().filter(|realm| realm.name != RealmName::admin())
    }

    pub(in crate::service) fn names(&self) -> impl Iterator<Item = &RealmName> {
        self.0.keys().filter(|name| **name != RealmName::admin())
    }

    /// Returns the key that hides limit keys outside the process. It is the same for all servers with these realms.
    /// `None` without a realm.
    #[must_use]
    pub fn veil(&self) -> Option<KeyVeil> {
        let first = self.names().next()?;
        self.0.get(first).map(|realm| KeyVeil::of(&realm.keys))
    }

    /// Returns the maximum lifetime of access tokens over all realms.
    pub(in crate::service) fn longest_access_token_ttl(&self) -> Duration {
        self.0.values().map(|realm| realm.policy.access_token_ttl).max().unwrap_or_default()
    }
}
