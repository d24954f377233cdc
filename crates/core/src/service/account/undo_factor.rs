//! Undoes the addition of a factor.

use super::Accounts;
use crate::{
    account::User,
    audit::Event,
    batch,
    error::Result,
    factor::{AddedFactor, Held, RecoveryCodes},
    link::Challenge,
    message::{MessageKind, Recipient},
    port::{Batch, ChallengeOp},
    record::RecordKind,
    seal::DataKey,
};

impl Accounts<'_> {
    /// Returns the operations that undo the addition of a factor: they remove the factor and the recovery codes
    /// created with it, end all sessions, and email a password reset link. If the factor no longer exists, only the
    /// link is marked as used.
    ///
    /// # Errors
    /// Returns `BadLink` if the user no longer exists, `Unavailable` if the store fails, and `Internal` if data
    /// cannot be decrypted or serialized.
    pub(super) async fn undone_addition(&self, challenge: &Challenge) -> Result<Batch> {
        let (user, key) = self.undo_subject(challenge).await?;
        let added = AddedFactor::open(&key, challenge)?;
        if added.kind == RecordKind::Identity {
            return self.undone_identity(challenge, (user, &key), &added).await;
        }
        let factors = self.factors_of(&user, &key).await?;
        let added_with = |held: &&Held<RecoveryCodes>| factors.since(added.id.as_str()) == Some(held.noun.since);
        // Removing the last factor removes all recovery codes anyway.
        let codes = factors.recovery.iter().filter(|_| factors.count() > 1).find(added_with).map(Held::delete);
        let Some(removal) = self.removal((&user, &key), &factors, added.id.as_str(), None).await? else {
            return Ok(batch![ChallengeOp::Spend { realm: user.realm, id: challenge.id, now: self.ctx.now }]);
        };
        let recipient = Recipient::of(&user.envelope.open_profile(&key)?).with("what", removal.method.as_str());
        let (kind, event) = (MessageKind::AdditionUndone, Event::AdditionUndone);
        let change = removal.change;
        let mut batch =
            self.secure(challenge, User { two_step: change.user.two_step, ..user }, kind, &recipient, event)?;
        batch.extend(change.with);
        batch.extend(codes.map(Into::into));
        Ok(batch)
    }

    /// Returns the operations that undo the linking of an identity, in the same way as for a factor.
    async fn undone_identity(
        &self,
        challenge: &Challenge,
        (user, key): (User, &DataKey),
        added: &AddedFactor,
    ) -> Result<Batch> {
        let found = self.identities_of(&user, key).await?.into_iter().find(|held| held.noun.id == added.id);
        let Some(held) = found else {
            return Ok(batch![ChallengeOp::Spend { realm: user.realm, id: challenge.id, now: self.ctx.now }]);
        };
        let recipient = Recipient::of(&user.envelope.open_profile(key)?).with("what", "identity");
        let event = Event::AdditionUndone;
        // Everything started with the identity ends with it.
        let owner = user.clone();
        let mut batch = self.secure(challenge, user, MessageKind::AdditionUndone, &recipient, event)?;
        let audit = self.audit(Event::IdentityUnlinked).user(&owner).detail("provider", held.noun.provider.as_str());
        batch.extend(batch![held.delete(), self.drop_links(&owner), audit]);
        batch.extend(self.drop_tickets(&owner));
        batch.push(self.distrust_devices(&owner));
        Ok(batch)
    }

    /// Returns a user without the factors and recovery codes that were added since a revision or depend on a removed
    /// phone number, and the operations that remove them.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if data cannot be decrypted or serialized.
    pub(super) async fn without_factors_since(&self, user: User, key: &DataKey, since: u64) -> Result<(User, Batch)> {
        let factors = self.factors_of(&user, key).await?;
        let is_number_kept = user.envelope.open_profile(key)?.phone.is_some();
        let mut removed: Batch = factors.added_since(since, is_number_kept).into_iter().map(Into::into).collect();
        let has_none_left = !removed.is_empty() && removed.len() == factors.count();
        let identities = self.identities_of(&user, key).await?;
        if let Some(codes) = factors.recovery.iter().find(|held| has_none_left || held.noun.since >= since) {
            removed.push(codes.delete().into());
        }
        let linked_since = identities.iter().filter(|held| held.noun.since >= since);
        removed.extend(linked_since.map(|held| held.delete().into()));
        Ok((User { two_step: user.two_step && !has_none_left, ..user }, removed))
    }
}
