//! Grants of administrators, and the register that protects the last owner.

use super::Scope;
use crate::{
    account::User,
    admin::{Grants, GrantsOf, Owners},
    error::{Error, Result, catalogue::OWNER_LAST},
    id::UserId,
    port::{Op, RecordOp},
    record::{Record, RecordKeys, RecordRow},
};

/// The register of owners as read from the store.
pub(in crate::service) struct OwnersRead {
    row: Option<RecordRow>,
    pub(in crate::service) owners: Owners,
}

/// Grants of an administrator as read from the store.
pub(in crate::service) struct GrantsRead {
    pub(in crate::service) row: Option<RecordRow>,
    pub(in crate::service) grants: Grants,
}

impl GrantsRead {
    /// Returns the revision of the grants.
    pub(in crate::service) fn revision(&self) -> u64 {
        self.row.as_ref().map_or(0, |row| row.revision)
    }

    /// Returns the operation that requires the grants to be unchanged.
    pub(in crate::service) fn require(&self) -> Option<Op> {
        let RecordRow { realm, kind, key, revision, .. } = self.row.clone()?;
        Some(RecordOp::Require { realm, kind, key, revision }.into())
    }
}

impl Scope<'_> {
    /// Reads the register of owners. The scope must belong to the administrators' realm.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if it cannot be decrypted.
    pub(in crate::service) async fn owners(&self) -> Result<OwnersRead> {
        let row = self.ports.store.record(&self.realm.name, Owners::KIND, Owners::KEY).await?;
        let owners = row.as_ref().map(|row| Owners::open(row, RecordKeys::Realm(&self.realm.keys))).transpose();
        Ok(OwnersRead { row, owners: owners.map_err(Error::internal)?.unwrap_or_default() })
    }

    /// Returns the operation that adds an administrator to the register or removes one. It is committed even if the
    /// register does not change, so that one of two concurrent changes fails and is retried.
    ///
    /// # Errors
    /// Returns `Conflict` for the last owner.
    pub(in crate::service) fn register_owner(&self, read: &OwnersRead, admin: &UserId, is_owner: bool) -> Result<Op> {
        let owners = read.owners.with(admin, is_owner).ok_or(OWNER_LAST)?;
        let row = owners.seal(self.ctx, &self.realm.name, RecordKeys::Realm(&self.realm.keys));
        Ok(match &read.row {
            Some(stored) => RecordOp::Replace(RecordRow { revision: stored.revision + 1, ..row }).into(),
            None => RecordOp::Insert(row).into(),
        })
    }

    /// Reads the grants of an administrator.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if they cannot be decrypted.
    pub(in crate::service) async fn grants_of(&self, admin: &User) -> Result<GrantsRead> {
        let row = self.ports.store.record(&self.realm.name, GrantsOf::KIND, admin.id.as_str()).await?;
        let Some(row) = row else { return Ok(GrantsRead { row: None, grants: Grants::default() }) };
        let key = admin.envelope.key(&self.realm.keys, &admin.id)?;
        let grants = GrantsOf::open(&row, RecordKeys::Owner(&key)).map_err(Error::internal)?.grants;
        Ok(GrantsRead { row: Some(row), grants })
    }

    /// Returns the operation that stores the grants of an administrator.
    ///
    /// # Errors
    /// Returns `Internal` if the administrator's data key cannot be decrypted.
    pub(in crate::service) fn put_grants(
        &self,
        admin: &User,
        before: Option<&RecordRow>,
        grants: Grants,
    ) -> Result<Op> {
        let key = admin.envelope.key(&self.realm.keys, &admin.id)?;
        let of = GrantsOf { admin: admin.id.clone(), grants };
        let row = of.seal(self.ctx, &self.realm.name, RecordKeys::Owner(&key));
        Ok(match before {
            Some(stored) => RecordOp::Replace(RecordRow { revision: stored.revision + 1, ..row }).into(),
            None => RecordOp::Insert(row).into(),
        })
    }
}
