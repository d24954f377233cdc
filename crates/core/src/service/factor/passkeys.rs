//! `me/passkeys`: lists, renames and removes passkeys and security keys.

use super::SecondFactors;
use crate::{
    account::User,
    error::{
        Error, Result,
        catalogue::{FACTOR_NAME_INVALID, NOT_FOUND},
    },
    factor::{FactorName, Held, ListedPasskey, passkey::Passkey},
    port::Precondition,
    service::{
        FieldErrors, Owner, RawField, Viewer,
        kernel::{ATTEMPTS, AcceptedCredentials, retry},
    },
};

impl SecondFactors<'_> {
    /// Returns whether passkeys are enabled in the realm.
    #[must_use]
    pub fn has_passkeys(&self) -> bool {
        self.relying_party().is_some()
    }

    /// Returns the passkeys and security keys of the caller, newest first.
    ///
    /// # Errors
    /// Returns `NotFound` if passkeys are disabled, `BadToken` if the account was deleted in the meantime,
    /// `Unavailable` if the store fails, and `Internal` if data cannot be decrypted or serialized.
    pub async fn passkeys(&self, viewer: &Viewer) -> Result<Vec<ListedPasskey>> {
        self.require_relying_party()?;
        let user = self.user_of_account(viewer.account()).await?;
        let mut listed: Vec<ListedPasskey> =
            self.passkeys_of(&user).await?.iter().map(|held| (&held.noun).into()).collect();
        listed.sort_by_key(|passkey| std::cmp::Reverse(passkey.created_at));
        Ok(listed)
    }

    /// Renames a passkey or security key.
    ///
    /// # Errors
    /// Returns `NotFound` if passkeys are disabled or this one belongs to another user, `Invalid` if the name is
    /// malformed, `Unavailable` if the store fails, and `Internal` if data cannot be decrypted or serialized.
    pub async fn rename_passkey(&self, owner: &Owner, id: &str, name: &RawField) -> Result<ListedPasskey> {
        self.require_relying_party()?;
        let mut errors = FieldErrors::default();
        let parsed = errors.text("name", name).map(FactorName::parse);
        if parsed == Some(None) {
            errors.add(FACTOR_NAME_INVALID.of("name"));
        }
        let name = errors.finish(parsed.flatten())?;
        let work = |_| self.rename_once(owner, id, &name);
        retry(ATTEMPTS, "the passkey kept changing while it was renamed", work).await
    }

    async fn rename_once(&self, owner: &Owner, id: &str, name: &FactorName) -> Result<Option<ListedPasskey>> {
        let user = self.user_of(owner).await?;
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let passkeys = self.passkeys_of(&user).await?;
        let held = passkeys.iter().find(|held| held.noun.id.as_str() == id).ok_or_else(Error::not_found)?;
        let renamed = held.noun.renamed(name.clone());
        let batch = vec![held.replace(self.ctx, &key, &renamed).into()];
        let is_done = self.commit_unless(batch, &[Precondition::RecordRevision]).await?;
        Ok(is_done.then(|| (&renamed).into()))
    }

    /// Removes a passkey or security key of the caller. Returns the remaining ones.
    ///
    /// # Errors
    /// Same as for [`remove`](Self::remove), and `NotFound` if the factor is of another kind.
    pub async fn remove_passkey(&self, owner: &Owner, current: &RawField, id: &str) -> Result<AcceptedCredentials> {
        self.require_relying_party()?;
        self.remove_of(owner, current, id, true).await?.ok_or_else(|| NOT_FOUND.into())
    }

    async fn passkeys_of(&self, user: &User) -> Result<Vec<Held<Passkey>>> {
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        Ok(self.factors_of(user, &key).await?.passkeys)
    }
}
