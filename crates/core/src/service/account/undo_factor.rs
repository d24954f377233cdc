//! The undo of the addition of a factor.

use super::Accounts;
use crate::{
    account::User,
    audit::Event,
    batch,
    error::Result,
    factor::AddedFactor,
    link::Challenge,
    message::{MessageKind, Recipient},
    port::{Batch, RecordOp},
    record::RecordKind,
    seal::DataKey,
};

impl Accounts<'_> {
    /// Returns the operations that undo the addition of a factor: it is removed if it still exists, and others stay. The password
    /// that added it opens no session any more.
    ///
    /// # Errors
    /// Bad link, if the user does not exist any more; unavailable; internal.
    pub(super) async fn undone_addition(&self, challenge: &Challenge) -> Result<Batch> {
        let (user, key) = self.undo_subject(challenge).await?;
        let added = AddedFactor::open(&key, challenge)?;
        let factors = self.factors_of(&user, &key).await?;
        let recipient = Recipient::of(&user.envelope.open_profile(&key)?).with("what", added.kind.as_str());
        let removal = self.removal(&user, &factors, added.id.as_str(), None);
        let two_step = removal.as_ref().map_or(user.two_step, |removal| removal.user.two_step);
        let with = removal.map(|removal| removal.with).unwrap_or_default();
        let changed = User { two_step, ..user };
        let (kind, event) = (MessageKind::AdditionUndone, Event::AdditionUndone);
        let mut batch = self.compromise(challenge, changed, kind, &recipient, event)?;
        batch.extend(with);
        Ok(batch)
    }

    /// Returns a user without the factors that were added from a revision on, and the operations that remove them.
    ///
    /// # Errors
    /// Unavailable; internal.
    pub(super) async fn without_factors_since(&self, user: User, key: &DataKey, since: u64) -> Result<(User, Batch)> {
        let factors = self.factors_of(&user, key).await?;
        let totp = factors.totp.iter().filter(|held| held.noun.since >= since).map(|held| held.delete());
        let sms = factors.sms.iter().filter(|held| held.noun.since >= since).map(|held| held.delete());
        let mut removed: Batch = totp.chain(sms).map(Into::into).collect();
        if removed.is_empty() {
            return Ok((user, removed));
        }
        if removed.len() < factors.count() {
            return Ok((user, removed));
        }
        let (realm, owner) = (user.realm.clone(), user.id.clone());
        let kind = Some(RecordKind::RecoveryCodes);
        removed.extend(batch![RecordOp::DeleteOf { realm, owner, kind }]);
        Ok((User { two_step: false, ..user }, removed))
    }
}
