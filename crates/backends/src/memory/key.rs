//! Keys of a realm and an identifier in it, that can be looked for without being made.

use moka::Equivalent;
use portcullis_core::id::RealmName;

/// A key as it is kept.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Key<I> {
    realm: RealmName,
    id: I,
}

/// The same key, borrowed; its hash is the same.
#[derive(Debug, Hash)]
pub(super) struct KeyRef<'a, I> {
    pub(super) realm: &'a RealmName,
    pub(super) id: &'a I,
}

impl<I: Clone> KeyRef<'_, I> {
    pub(super) fn to_key(&self) -> Key<I> {
        Key { realm: self.realm.clone(), id: self.id.clone() }
    }
}

impl<I: PartialEq> Equivalent<Key<I>> for KeyRef<'_, I> {
    fn equivalent(&self, key: &Key<I>) -> bool {
        *self.id == key.id && *self.realm == key.realm
    }
}
