//! API keys for administration by programs.

use std::time::Duration;

use super::{Administered, places::Cursors};
use crate::{
    admin::{AdminKey, AdminSecret, Administer},
    audit::Event,
    batch,
    clock::Timestamp,
    error::{
        Error, Result,
        catalogue::{ADMIN_FORBIDDEN, TIME_INVALID},
    },
    id::UserId,
    port::{Batch, Precondition, RecordOp},
    record::{Record, RecordKeys, RecordRow},
    service::{FieldErrors, RawField},
};

/// Default and maximum lifetime of a key.
const LIFETIME: Duration = Duration::from_secs(90 * 24 * 3600);
const MAX: Duration = Duration::from_secs(366 * 24 * 3600);

/// A new API key as received.
#[derive(Debug, Default)]
pub struct NewAdminKey {
    pub name: RawField,
    pub grants: RawField,
    pub allow: RawField,
    pub networks: RawField,
    pub expires_at: RawField,
}

/// An API key without its secret.
#[derive(Debug)]
pub struct ListedAdminKey {
    pub id: String,
    pub name: String,
    pub grants: Vec<String>,
    pub allow: Vec<&'static str>,
    pub networks: Vec<String>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub last_used_on: Option<Timestamp>,
}

impl From<&AdminKey> for ListedAdminKey {
    fn from(key: &AdminKey) -> Self {
        Self {
            id: key.id.as_str().to_owned(),
            name: key.name.clone(),
            grants: key.grants.words(),
            allow: key.allow.iter().map(|verb| verb.as_str()).collect(),
            networks: key.networks.clone(),
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_used_on: key.last_used_on,
        }
    }
}

/// A page of API keys.
#[derive(Debug)]
pub struct ListedAdminKeys {
    pub items: Vec<ListedAdminKey>,
    pub next: Option<String>,
    pub prev: Option<String>,
}

impl Administered<'_, Administer> {
    /// Returns a page of the API keys that have not expired.
    ///
    /// # Errors
    /// Returns `Forbidden` for an API key, `Invalid` if the limit is malformed, `Malformed` if the cursor belongs to
    /// another list, `Unavailable` if the store fails, and `Internal` if a key cannot be decrypted.
    pub async fn admin_keys(&self, limit: &RawField, cursor: &RawField) -> Result<ListedAdminKeys> {
        self.refuse_keys()?;
        let mut errors = FieldErrors::default();
        let limit = errors.page_size(limit);
        let limit = errors.finish(limit)?;
        let rows = self.unexpired_records(AdminKey::KIND).await?;
        let cursors = Cursors::of(&self.realm.keys, "admin/keys", "");
        let page = cursors.page(rows, |row| row.key.clone(), limit, cursor)?;
        let items = page.items.iter().map(|row| Ok(ListedAdminKey::from(&self.open_key(row)?)));
        Ok(ListedAdminKeys { items: items.collect::<Result<_>>()?, next: page.next, prev: page.prev })
    }

    fn open_key(&self, row: &RecordRow) -> Result<AdminKey> {
        AdminKey::open(row, RecordKeys::Realm(&self.realm.keys)).map_err(Error::internal)
    }

    /// Returns the operations that remove the API keys created by an administrator.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if a key cannot be decrypted.
    pub(super) async fn end_keys_of(&self, admin: &UserId) -> Result<Batch> {
        let mut batch = Batch::new();
        for row in self.unexpired_records(AdminKey::KIND).await? {
            if self.open_key(&row)?.created_by.as_ref() == Some(admin) {
                let (realm, kind, key) = (row.realm, row.kind, row.key);
                batch.push(RecordOp::Delete { realm, kind, key, revision: Some(row.revision) }.into());
            }
        }
        Ok(batch)
    }

    /// Creates an API key. Its secret is returned once.
    ///
    /// # Errors
    /// Returns `Stale` if the login is too old or too weak, `Forbidden` for an API key or for grants that the caller
    /// does not have, `Invalid` if a field is invalid, and `Unavailable` if the store fails.
    pub async fn create_key(
        &self,
        new: &NewAdminKey,
        mut errors: FieldErrors,
    ) -> Result<(ListedAdminKey, AdminSecret)> {
        self.fresh_to_administer()?;
        let (ctx, longest) = (self.ctx, self.ctx.now.plus(MAX));
        let name = errors.title("name", &new.name);
        let grants = errors.grants(&new.grants);
        let (allow, networks) = (errors.allow(&new.allow), errors.networks(&new.networks));
        let expires_at = errors.later("expires_at", &new.expires_at, ctx.now);
        if expires_at.flatten().is_some_and(|at| at > longest) {
            errors.add(TIME_INVALID.of("expires_at"));
        }
        let all = name.zip(grants).zip(allow.zip(networks)).zip(expires_at);
        let (((name, grants), (allow, networks)), expires_at) = errors.finish(all)?;
        if grants.iter().any(|grant| !self.admin().grants().include(grant)) {
            return Err(ADMIN_FORBIDDEN.into());
        }
        let secret = AdminSecret::random(ctx);
        let key = AdminKey {
            id: secret.id.clone(),
            name,
            hash: secret.hash(),
            grants,
            allow,
            networks,
            created_at: ctx.now,
            created_by: self.admin().user().cloned(),
            expires_at: expires_at.unwrap_or_else(|| ctx.now.plus(LIFETIME)),
            last_used_on: None,
        };
        let row = key.seal(ctx, &self.realm.name, RecordKeys::Realm(&self.realm.keys));
        let listed = ListedAdminKey::from(&key);
        let audit = self.audit(Event::AdminKeyCreated).by(self.admin()).detail("key", key.id.as_str());
        let audit = audit.detail("grants", listed.grants.clone()).detail("allow", listed.allow.clone());
        self.commit(batch![RecordOp::Insert(row), audit]).await?;
        tracing::info!(key = %secret.id, "admin key created");
        Ok((listed, secret))
    }

    /// Revokes an API key. Its next request is rejected.
    ///
    /// # Errors
    /// Returns `Stale` if the login is too old or too weak, `Forbidden` for an API key, `NotFound` if the key does
    /// not exist, and `Unavailable` if the store fails.
    pub async fn revoke_key(&self, id: &str) -> Result<()> {
        self.fresh_to_administer()?;
        let (realm, key) = (self.realm.name.clone(), id.to_owned());
        let delete = RecordOp::Delete { realm, kind: AdminKey::KIND, key, revision: None };
        let audit = self.audit(Event::AdminKeyRevoked).by(self.admin()).detail("key", id);
        if !self.commit_unless(batch![delete, audit], &[Precondition::RecordRevision]).await? {
            return Err(Error::not_found());
        }
        tracing::info!(key = id, "admin key revoked");
        Ok(())
    }
}
