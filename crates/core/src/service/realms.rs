//! Opening the realms: each one's root key is unwrapped, or made when the realm is new.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    batch,
    ctx::Ctx,
    id::RealmName,
    port::{CommitError, KeyOp, Precondition, RootKeyRow, Store, StoreError},
    realm::{Decoy, Realm},
    seal::{EncryptionKey, RealmKeys, RootKey},
};

/// The realms that are open, by name.
#[derive(Debug)]
pub struct Realms(BTreeMap<RealmName, Arc<Realm>>);

/// Why the realms could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenRealmsError {
    /// The key does not open what lies in the store.
    #[error(
        "ENCRYPTION_KEY does not open the keys that lie in the store (realm {0}): give the key with which this store was made; \
         to change keys, put the new one first and the old one behind it, separated by a comma"
    )]
    WrongKey(RealmName),
    /// No key was given.
    #[error("no ENCRYPTION_KEY")]
    NoKey,
    /// The store could not be asked.
    #[error(transparent)]
    Store(#[from] CommitError),
}

impl From<StoreError> for OpenRealmsError {
    fn from(error: StoreError) -> Self {
        Self::Store(error.into())
    }
}

impl Realms {
    /// Opens the named realms. Every root key in the store must open, also those of realms that are not named now; those
    /// that an older key opens are wrapped anew by the first.
    ///
    /// # Errors
    /// [`OpenRealmsError`].
    pub async fn open(
        ctx: &Ctx,
        store: &dyn Store,
        keys: &[EncryptionKey],
        names: &[RealmName],
    ) -> Result<Self, OpenRealmsError> {
        let first = keys.first().ok_or(OpenRealmsError::NoKey)?;
        // What is there must open before anything is made: a wrong key leaves no trace.
        for row in store.root_keys().await? {
            if !keys.iter().any(|key| key.unwrap(&row.realm, &row.wrapped).is_ok()) {
                return Err(OpenRealmsError::WrongKey(row.realm));
            }
        }
        for name in names {
            make_if_missing(ctx, store, first, name).await?;
        }
        let mut realms = BTreeMap::new();
        for row in store.root_keys().await? {
            let root = unwrap(ctx, store, keys, &row).await?;
            if names.contains(&row.realm) {
                let keys = RealmKeys::derive(row.realm.clone(), &root);
                let nobody = Decoy::new(ctx, &keys);
                realms.insert(row.realm.clone(), Arc::new(Realm { name: row.realm, keys, nobody }));
            }
        }
        Ok(Self(realms))
    }

    pub(super) fn get(&self, name: &str) -> Option<&Arc<Realm>> {
        self.0.values().find(|realm| realm.name.as_str() == name)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &RealmName> {
        self.0.keys()
    }
}

async fn make_if_missing(
    ctx: &Ctx,
    store: &dyn Store,
    key: &EncryptionKey,
    name: &RealmName,
) -> Result<(), OpenRealmsError> {
    if store.root_keys().await?.iter().any(|row| row.realm == *name) {
        return Ok(());
    }
    let wrapped = key.wrap(ctx, name, &RootKey::random(ctx));
    match store.commit(batch![KeyOp::PutRoot(RootKeyRow { realm: name.clone(), wrapped, revision: 1 })]).await {
        // Another process made it at the same moment: theirs counts.
        Ok(()) | Err(CommitError::Failed(Precondition::RootKeyRevision)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn unwrap(
    ctx: &Ctx,
    store: &dyn Store,
    keys: &[EncryptionKey],
    row: &RootKeyRow,
) -> Result<RootKey, OpenRealmsError> {
    let opened = keys.iter().enumerate().find_map(|(age, key)| Some((age, key.unwrap(&row.realm, &row.wrapped).ok()?)));
    let (age, root) = opened.ok_or_else(|| OpenRealmsError::WrongKey(row.realm.clone()))?;
    if let (1.., Some(first)) = (age, keys.first()) {
        let wrapped = first.wrap(ctx, &row.realm, &root);
        let anew = RootKeyRow { realm: row.realm.clone(), wrapped, revision: row.revision + 1 };
        match store.commit(batch![KeyOp::PutRoot(anew)]).await {
            Ok(()) => tracing::info!(realm = %row.realm, "root key wrapped by the new ENCRYPTION_KEY"),
            Err(CommitError::Failed(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(root)
}
