//! `me/identities`: lists and unlinks the external accounts of a user.

use super::Federation;
use crate::{
    audit::Event,
    batch,
    error::{Error, Result, catalogue::LOGIN_LAST},
    factor::passkey::PasskeyUse,
    federation::ListedIdentity,
    message::{MessageKind, Recipient},
    port::{Batch, Precondition, UserOp},
    service::{
        FreshOwner, Owner, RawField, Viewer,
        kernel::{ATTEMPTS, retry},
    },
};

impl Federation<'_> {
    /// Returns the identities of the caller, newest first.
    ///
    /// # Errors
    /// Returns `BadToken` if the account was deleted in the meantime, `Unavailable` if the store fails, and
    /// `Internal` if data cannot be decrypted or serialized.
    pub async fn identities(&self, viewer: &Viewer) -> Result<Vec<ListedIdentity>> {
        let user = self.user_of_account(viewer.account()).await?;
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let mut listed: Vec<ListedIdentity> =
            self.identities_of(&user, &key).await?.iter().map(|held| (&held.noun).into()).collect();
        listed.sort_by_key(|identity| std::cmp::Reverse(identity.created_at));
        Ok(listed)
    }

    /// Unlinks an identity of the caller and ends the sessions it created, except the current one.
    ///
    /// # Errors
    /// Returns `Stale` if the login is too old or too weak, `Forbidden` if the password is wrong, `NotFound` if the
    /// identity does not exist, `Conflict` if it is the last way to log in, `Limited` if a limit is reached, and
    /// `Unavailable` if the store fails.
    pub async fn unlink(&self, owner: &Owner, current: &RawField, id: &str) -> Result<()> {
        let owner = self.fresh(owner, current).await?;
        let work = |_| self.unlink_once(owner, id);
        retry(ATTEMPTS, "the account kept changing while an identity was unlinked", work).await
    }

    async fn unlink_once(&self, owner: FreshOwner<'_>, id: &str) -> Result<Option<()>> {
        let user = self.fresh_user(owner).await?;
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let identities = self.identities_of(&user, &key).await?;
        let held = identities.iter().find(|held| held.noun.id.as_str() == id).ok_or_else(Error::not_found)?;
        let has_password = user.envelope.open_password(&key)?.is_some();
        let factors = self.accepted_factors(&user, &key).await?;
        let has_passkey = factors.passkeys_for(PasskeyUse::Login).next().is_some();
        if !has_password && !has_passkey && !self.has_usable_identity((&user, &key), Some(&held.noun.id)).await? {
            return Err(LOGIN_LAST.into());
        }
        let name = held.noun.provider.as_str();
        let label = self.provider(name).map_or(name, |provider| provider.label.as_str());
        let recipient = Recipient::of(&user.envelope.open_profile(&key)?).with("provider", label);
        let recipient = recipient.with("called", held.noun.email.as_deref().unwrap_or_default());
        let mut batch: Batch = batch![
            UserOp::Update(crate::account::User { revision: user.revision + 1, ..user.clone() }),
            held.delete(),
            self.drop_links(&user),
            self.distrust_devices(&user),
            self.audit(Event::IdentityUnlinked).user(&*owner).detail("provider", name),
            self.message(MessageKind::IdentityUnlinked, &recipient, None)?,
        ];
        batch.extend(self.end_opened_by((&user, &key), id, owner.session()).await?);
        let lost = [Precondition::UserRevision, Precondition::RecordRevision, Precondition::SessionThere];
        if !self.commit_unless(batch, &lost).await? {
            return Ok(None);
        }
        tracing::info!(realm = %self.realm.name, user = %user.id, provider = name, "identity unlinked");
        Ok(Some(()))
    }
}
