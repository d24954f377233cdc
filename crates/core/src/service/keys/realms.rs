//! Opening the realms: each root key is unwrapped, or made if the realm is new.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use crate::{
    batch,
    ctx::Ctx,
    id::RealmName,
    port::{CommitError, KeyOp, Precondition, RootKeyRow, Store, StoreError},
    realm::{Decoy, Realm, RealmPolicy},
    seal::{EncryptionKey, RealmKeys, RootKey},
};

/// The open realms, by name.
#[derive(Debug)]
pub struct Realms(BTreeMap<RealmName, Arc<Realm>>);

/// Why the realms could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenRealmsError {
    /// None of the keys opens a stored root key.
    #[error(
        "ENCRYPTION_KEY does not open the keys that lie in the store (realm {0}): give the key with which this store was made; \
         to change keys, put the new one first and the old one behind it, separated by a comma"
    )]
    WrongKey(RealmName),
    /// No key was given.
    #[error("no ENCRYPTION_KEY")]
    NoKey,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] CommitError),
}

impl From<StoreError> for OpenRealmsError {
    fn from(error: StoreError) -> Self {
        Self::Store(error.into())
    }
}

impl Realms {
    /// Opens the named realms. Every stored root key must open, also those of realms that are not named. Root keys that an
    /// older key opens are wrapped again by the first.
    ///
    /// # Errors
    /// [`OpenRealmsError`].
    pub async fn open(
        ctx: &Ctx,
        store: &dyn Store,
        keys: &[EncryptionKey],
        policies: Vec<(RealmName, RealmPolicy)>,
    ) -> Result<Self, OpenRealmsError> {
        let first = keys.first().ok_or(OpenRealmsError::NoKey)?;
        // Everything stored must open before anything is made, so that a wrong key changes nothing.
        for row in store.root_keys().await? {
            if !keys.iter().any(|key| key.unwrap(&row.realm, &row.wrapped).is_ok()) {
                return Err(OpenRealmsError::WrongKey(row.realm));
            }
        }
        for (name, _) in &policies {
            make_if_missing(ctx, store, first, name).await?;
        }
        let mut policies: BTreeMap<RealmName, RealmPolicy> = policies.into_iter().collect();
        let mut realms = BTreeMap::new();
        for row in store.root_keys().await? {
            let root = unwrap(ctx, store, keys, &row).await?;
            if let Some(policy) = policies.remove(&row.realm) {
                let keys = RealmKeys::derive(row.realm.clone(), &root);
                let decoy = Decoy::new(ctx, &keys);
                realms.insert(row.realm.clone(), Arc::new(Realm { name: row.realm, keys, policy, decoy }));
            }
        }
        Ok(Self(realms))
    }

    pub(in crate::service) fn get(&self, name: &str) -> Option<&Arc<Realm>> {
        self.0.values().find(|realm| realm.name.as_str() == name)
    }

    pub(in crate::service) fn names(&self) -> impl Iterator<Item = &RealmName> {
        self.0.keys()
    }

    /// Returns the longest lifetime of an access token in any realm.
    pub(in crate::service) fn longest_access_token_ttl(&self) -> Duration {
        self.0.values().map(|realm| realm.policy.access_token_ttl).max().unwrap_or_default()
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
        // Another server made it at the same moment; its key is used.
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
