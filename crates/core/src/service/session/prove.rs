//! First stage of a login: verifies a password.

use super::Sessions;
use crate::{
    account::{
        Registration, User,
        password::{Password, PasswordHash},
    },
    error::Result,
    port::AddressState,
    realm::Realm,
    seal::DataKey,
    service::kernel::HashPermit,
};

/// Result of the first stage.
pub(super) enum ProofResult {
    /// The password belongs to this user.
    Proved(Box<OpenedUser>),
    /// The password belongs to a registration with an unverified address.
    Unverified,
    Wrong,
}

/// A user with the decrypted data that a login needs.
pub(in crate::service) struct OpenedUser {
    pub(in crate::service) user: User,
    pub(in crate::service) key: DataKey,
    /// Hash of the password. `None` if the account has no password.
    pub(super) hash: Option<PasswordHash>,
}

impl OpenedUser {
    /// Opens a user.
    ///
    /// # Errors
    /// Returns `Internal` if the envelope cannot be decrypted.
    pub(in crate::service) fn open(realm: &Realm, user: User) -> Result<Self> {
        let key = user.envelope.key(&realm.keys, &user.id)?;
        let hash = user.envelope.open_password(&key)?;
        Ok(Self { user, key, hash })
    }
}

impl Sessions<'_> {
    /// Verifies a password against the user of the address, or against a decoy at the same cost, and against a
    /// pending registration.
    pub(super) async fn prove_password(
        &self,
        permit: &HashPermit<'_>,
        found: AddressState,
        password: &Password,
    ) -> Result<ProofResult> {
        let owner = match found.user {
            Some(user) => Some(OpenedUser::open(self.realm, user)?),
            None => self.realm.decoy.open(&self.realm.keys).map(|()| None)?,
        };
        let of_owner = self.matches(permit, password, owner.as_ref().and_then(|owner| owner.hash.as_ref())).await?;
        let of_registration = match found.registration.filter(|registration| registration.is_pending(self.ctx.now)) {
            Some(registration) => self.is_of_registration(permit, &registration, password).await?,
            None => false,
        };
        Ok(match owner {
            Some(owner) if of_owner => ProofResult::Proved(Box::new(owner)),
            _ if of_registration => ProofResult::Unverified,
            _ => ProofResult::Wrong,
        })
    }

    async fn is_of_registration(
        &self,
        permit: &HashPermit<'_>,
        registration: &Registration,
        password: &Password,
    ) -> Result<bool> {
        let key = registration.envelope.key(&self.realm.keys, &registration.id)?;
        self.matches(permit, password, registration.envelope.open_password(&key)?.as_ref()).await
    }
}
