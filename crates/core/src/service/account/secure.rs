//! `account/secure`: the owner of an account suspects that someone else has access.

use super::Accounts;
use crate::{
    account::User,
    audit::Event,
    error::Result,
    message::{MessageKind, Recipient},
    port::Precondition,
    service::{
        Owner,
        kernel::{ATTEMPTS, retry},
    },
};

impl Accounts<'_> {
    /// Ends all sessions of the caller, marks the password as compromised, and sends a password reset link. Requires
    /// no recent login, because the holder of a session may always end it.
    ///
    /// # Errors
    /// Returns `BadToken` if the account was deleted in the meantime, `Unavailable` if the store fails, and
    /// `Internal` if data cannot be decrypted or serialized.
    pub async fn secure_own(&self, owner: &Owner) -> Result<()> {
        retry(ATTEMPTS, "the account kept changing while it was secured", |_| self.secure_once(owner)).await
    }

    async fn secure_once(&self, owner: &Owner) -> Result<Option<()>> {
        let user = self.user_of(owner).await?;
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let recipient = Recipient::of(&user.envelope.open_profile(&key)?);
        let mut batch = self.drop_requests(&user);
        let secured = User { compromised: true, ..user };
        let id = secured.id.clone();
        batch.extend(self.lock_out(secured, MessageKind::PasswordChangeRequired, &recipient, Event::AccountSecured)?);
        if !self.commit_unless(batch, &[Precondition::UserRevision]).await? {
            return Ok(None);
        }
        tracing::info!(realm = %self.realm.name, user = %id, "account secured by its user");
        Ok(Some(()))
    }
}
