//! Opens the realms: unwraps the root key of each, or creates it for a new realm.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    batch,
    ctx::Ctx,
    id::RealmName,
    port::{CommitError, KeyOp, Op, Precondition, RootKeyRow, Store, StoreError},
    realm::{Decoy, Realm, RealmPolicy},
    seal::{EncryptionKey, RealmKeys, RootKey},
    service::kernel::Realms,
};

/// Reason why the realms could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenRealmsError {
    /// None of the keys unwraps a stored root key.
    #[error(
        "ENCRYPTION_KEY does not decrypt the keys in the database (realm {0}): set the key with which the database was created; \
         to change keys, set the new key, a comma, and the old key"
    )]
    WrongKey(RealmName),
    /// No key is set.
    #[error("ENCRYPTION_KEY is not set")]
    NoKey,
    /// The database belongs to a server version without administrators.
    #[error("the database has no keys of the realm {0} yet: start this version of the server once")]
    NoRealm(RealmName),
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
    /// Opens the realms with these policies. All stored root keys must unwrap, including those of other realms. Root
    /// keys wrapped with an older key are rewrapped with the first key.
    ///
    /// # Errors
    /// Returns [`OpenRealmsError`] with the reason.
    pub async fn open(
        ctx: &Ctx,
        store: &dyn Store,
        keys: &[EncryptionKey],
        policies: Vec<(RealmName, RealmPolicy)>,
    ) -> Result<Self, OpenRealmsError> {
        let first = keys.first().ok_or(OpenRealmsError::NoKey)?;
        // All stored keys are checked before any is created, so that a wrong key changes nothing.
        let rows = store.root_keys().await?;
        check_encryption_keys(keys, &rows)?;
        let known: BTreeSet<&RealmName> = rows.iter().map(|row| &row.realm).collect();
        let missing: Vec<_> = policies.iter().map(|(name, _)| name).filter(|name| !known.contains(name)).collect();
        make_root_keys(ctx, store, first, &missing).await?;
        let rows = store.root_keys().await?;
        for row in &rows {
            rewrap(ctx, store, keys, row).await?;
        }
        Self::opened(ctx, keys, rows, policies)
    }

    /// Opens the realms of a database that a running server may be using. In a new database it creates root keys. In
    /// an existing one it neither creates nor rewraps keys, and configured realms without a root key are not opened.
    ///
    /// # Errors
    /// Returns [`OpenRealmsError`] with the reason.
    pub async fn open_beside(
        ctx: &Ctx,
        store: &dyn Store,
        keys: &[EncryptionKey],
        policies: Vec<(RealmName, RealmPolicy)>,
    ) -> Result<Self, OpenRealmsError> {
        let rows = store.root_keys().await?;
        if rows.is_empty() {
            return Self::open(ctx, store, keys, policies).await;
        }
        check_encryption_keys(keys, &rows)?;
        let realms = Self::opened(ctx, keys, rows, policies)?;
        let admin = RealmName::admin();
        if realms.any(admin.as_str()).is_none() { Err(OpenRealmsError::NoRealm(admin)) } else { Ok(realms) }
    }

    fn opened(
        ctx: &Ctx,
        keys: &[EncryptionKey],
        rows: Vec<RootKeyRow>,
        policies: Vec<(RealmName, RealmPolicy)>,
    ) -> Result<Self, OpenRealmsError> {
        let mut policies: BTreeMap<RealmName, RealmPolicy> = policies.into_iter().collect();
        let mut realms = BTreeMap::new();
        for row in rows {
            let (_, root) = unwrap(keys, &row)?;
            if let Some(policy) = policies.remove(&row.realm) {
                let keys = RealmKeys::derive(row.realm.clone(), &root);
                let decoy = Decoy::new(ctx, &keys);
                realms.insert(row.realm.clone(), Arc::new(Realm { name: row.realm, keys, policy, decoy }));
            }
        }
        Ok(Self::new(realms))
    }
}

/// Checks that every stored root key unwraps.
///
/// # Errors
/// Returns [`OpenRealmsError::WrongKey`] if no key unwraps one of the root keys.
pub fn check_encryption_keys(keys: &[EncryptionKey], rows: &[RootKeyRow]) -> Result<(), OpenRealmsError> {
    let opens = |row: &RootKeyRow| keys.iter().any(|key| key.unwrap(&row.realm, &row.wrapped).is_ok());
    match rows.iter().find(|row| !opens(row)) {
        Some(row) => Err(OpenRealmsError::WrongKey(row.realm.clone())),
        None => Ok(()),
    }
}

/// Creates the root keys of new realms in one commit.
async fn make_root_keys(
    ctx: &Ctx,
    store: &dyn Store,
    key: &EncryptionKey,
    realms: &[&RealmName],
) -> Result<(), OpenRealmsError> {
    if realms.is_empty() {
        return Ok(());
    }
    let make = |realm: &RealmName| -> Op {
        let wrapped = key.wrap(ctx, realm, &RootKey::random(ctx));
        KeyOp::PutRoot(RootKeyRow { realm: realm.clone(), wrapped, revision: 1 }).into()
    };
    let made = store.commit(realms.iter().map(|realm| make(realm)).collect()).await;
    if !matches!(made, Err(CommitError::Failed(Precondition::RootKeyRevision))) {
        return Ok(made?);
    }
    // If another server creates keys at the same time, its keys are used.
    for realm in realms {
        match store.commit(batch![make(realm)]).await {
            Ok(()) | Err(CommitError::Failed(Precondition::RootKeyRevision)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Unwraps a root key. Also returns which key unwrapped it.
fn unwrap(keys: &[EncryptionKey], row: &RootKeyRow) -> Result<(usize, RootKey), OpenRealmsError> {
    let opened = keys.iter().enumerate().find_map(|(age, key)| Some((age, key.unwrap(&row.realm, &row.wrapped).ok()?)));
    opened.ok_or_else(|| OpenRealmsError::WrongKey(row.realm.clone()))
}

/// Wraps a root key with the first key, unless it already is.
async fn rewrap(ctx: &Ctx, store: &dyn Store, keys: &[EncryptionKey], row: &RootKeyRow) -> Result<(), OpenRealmsError> {
    let (age, root) = unwrap(keys, row)?;
    if let (1.., Some(first)) = (age, keys.first()) {
        let wrapped = first.wrap(ctx, &row.realm, &root);
        let rewrapped = RootKeyRow { realm: row.realm.clone(), wrapped, revision: row.revision + 1 };
        match store.commit(batch![KeyOp::PutRoot(rewrapped)]).await {
            Ok(()) => tracing::info!(realm = %row.realm, "root key rewrapped"),
            Err(CommitError::Failed(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
