//! `me/devices`: lists and removes trusted devices.

use super::SecondFactors;
use crate::{
    account::Account,
    audit::Event,
    batch,
    error::{Error, Result},
    factor::{Held, ListedDevice, TrustedDevice},
    port::{Precondition, RecordOp},
    record::Record,
    service::{Owner, Viewer},
};

impl SecondFactors<'_> {
    /// Returns the trusted devices of the caller, newest first.
    ///
    /// # Errors
    /// Returns `BadToken` if the account was deleted in the meantime, `Unavailable` if the store fails, and
    /// `Internal` if a record cannot be decrypted.
    pub async fn devices(&self, viewer: &Viewer) -> Result<Vec<ListedDevice>> {
        let held = self.trusted_of(viewer.account()).await?;
        let mut devices: Vec<ListedDevice> = held.into_iter().map(|held| held.noun.into()).collect();
        devices.sort_by_key(|device| std::cmp::Reverse(device.created_at));
        Ok(devices)
    }

    /// Removes one trusted device of the caller, or all of them if `id` is `None`. Returns the number of removed
    /// devices.
    ///
    /// # Errors
    /// Returns `NotFound` if the device belongs to another user, `BadToken` if the account was deleted in the meantime,
    /// and `Unavailable` if the store fails.
    pub async fn distrust(&self, owner: &Owner, id: Option<&str>) -> Result<usize> {
        let held = self.trusted_of(owner.account()).await?;
        let number = held.iter().filter(|held| id.is_none_or(|id| held.noun.id == id)).count();
        let (realm, kind) = (self.realm.name.clone(), TrustedDevice::KIND);
        let removal = match id {
            Some(_) if number == 0 => return Err(Error::not_found()),
            Some(id) => RecordOp::Delete { realm, kind, key: id.to_owned(), revision: None },
            None => RecordOp::DeleteOf { realm, owner: owner.account().id.clone(), kind: Some(kind) },
        };
        let audit = self.audit(Event::DeviceDistrusted).user(owner).detail("number", number);
        let is_done = self.commit_unless(batch![removal, audit], &[Precondition::RecordRevision]).await?;
        if is_done { Ok(number) } else { Err(Error::not_found()) }
    }

    async fn trusted_of(&self, account: &Account) -> Result<Vec<Held<TrustedDevice>>> {
        let user = self.user_of_account(account).await?;
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let rows = self.ports.store.records_of(&self.realm.name, &user.id, Some(TrustedDevice::KIND)).await?;
        let held = rows.into_iter().map(|row| Held::open(row, &key)).collect::<Result<Vec<Held<TrustedDevice>>>>()?;
        Ok(held.into_iter().filter(|held| held.noun.is_valid(self.ctx.now)).collect())
    }
}
