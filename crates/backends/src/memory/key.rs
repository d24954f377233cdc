//! Keys of a realm and an identifier in it, that can be looked for without being made.

use moka::Equivalent;
use portcullis_core::id::RealmName;

/// A key as it is kept.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct CacheKey<I> {
    realm: RealmName,
    id: I,
}

/// The same key, borrowed; its hash is the same.
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
