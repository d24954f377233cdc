//! Cache keys, consisting of a realm and an identifier, that can be looked up without an allocation.

use moka::Equivalent;
use portcullis_core::id::RealmName;

/// An owned key.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct CacheKey<I> {
    realm: RealmName,
    id: I,
}

/// A borrowed key with the same hash.
#[derive(Debug, Hash)]
pub(super) struct CacheKeyRef<'a, I> {
    pub(super) realm: &'a RealmName,
    pub(super) id: &'a I,
}

impl<I: Clone> CacheKeyRef<'_, I> {
    pub(super) fn to_key(&self) -> CacheKey<I> {
        CacheKey { realm: self.realm.clone(), id: self.id.clone() }
    }
}

impl<I: PartialEq> Equivalent<CacheKey<I>> for CacheKeyRef<'_, I> {
    fn equivalent(&self, key: &CacheKey<I>) -> bool {
        *self.id == key.id && *self.realm == key.realm
    }
}
