//! Verified phone numbers, which at most one user of a realm can have if the realm requires it.

use super::Scope;
use crate::{
    account::{User, VerifiedPhone, phone::PhoneNumber},
    batch,
    error::Result,
    id::UserId,
    port::{Batch, RecordOp},
    record::{Record, RecordKeys},
    seal::DataKey,
};

impl Scope<'_> {
    /// Returns whether the realm allows a number only once and another user has verified this one.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails.
    pub(in crate::service) async fn is_phone_taken(&self, phone: &PhoneNumber, user: &UserId) -> Result<bool> {
        Ok(self.realm.policy.phone_unique && self.is_verified_by_another(phone, user).await?)
    }

    async fn is_verified_by_another(&self, phone: &PhoneNumber, user: &UserId) -> Result<bool> {
        let key = VerifiedPhone::of(&self.realm.keys, user, phone).key();
        let row = self.ports.store.record(&self.realm.name, VerifiedPhone::KIND, &key).await?;
        Ok(row.is_some_and(|row| row.owner.as_ref() != Some(user)))
    }

    /// Returns the operations that give a verified number to a user, in place of an earlier one. They fail with
    /// `RecordFree` if another user verifies the number at the same time. Returns `None` if another user has the number
    /// and the realm allows it only once. Otherwise the number stays with the user who verified it first, so that the
    /// rule can be introduced later.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails.
    pub(in crate::service) async fn claim_phone(
        &self,
        (user, key): (&User, &DataKey),
        phone: &PhoneNumber,
    ) -> Result<Option<Batch>> {
        let mut claim = batch![self.release_phone(user)];
        if !self.is_verified_by_another(phone, &user.id).await? {
            let verified = VerifiedPhone::of(&self.realm.keys, &user.id, phone);
            claim.push(RecordOp::Insert(verified.seal(self.ctx, &self.realm.name, RecordKeys::Owner(key))).into());
        } else if self.realm.policy.phone_unique {
            return Ok(None);
        }
        Ok(Some(claim))
    }

    /// Returns the operation that gives up the verified number of a user.
    pub(in crate::service) fn release_phone(&self, user: &User) -> RecordOp {
        RecordOp::DeleteOf { realm: self.realm.name.clone(), owner: user.id.clone(), kind: Some(VerifiedPhone::KIND) }
    }
}
