//! `DELETE …/users/{id}`: deletes a user, or withdraws an invitation or a registration.

use super::{Administered, subject::Subject};
use crate::{
    account::User,
    admin::{FreshVerb, Manage},
    audit::Event,
    batch,
    error::{Result, catalogue::REVISION_STALE},
    message::{MessageKind, Recipient},
    port::{Batch, ChallengeOp, RecordOp, RegistrationOp},
    service::{Expected, FieldErrors, RawField},
};

impl Administered<'_, Manage> {
    /// Deletes a user in the same way as a user can delete their own account. Sends a confirmation mail unless
    /// `notify` is `false`.
    ///
    /// # Errors
    /// Returns `NotFound` if the user does not exist, `Stale` if the login is too old or too weak, `Forbidden` if the
    /// API key lacks the action, `Invalid` if the reason is missing, `Outdated` if the revision differs, and
    /// `Unavailable` if the store fails.
    pub async fn erase(&self, id: &str, expected: &Expected, reason: &RawField, notify: &RawField) -> Result<()> {
        let subject = self.subject(id).await?;
        self.fresh(FreshVerb::Erase)?;
        let mut errors = FieldErrors::default();
        let reason = errors.reason(reason);
        let notify = match notify {
            RawField::Missing => Some(true),
            given => errors.flag("notify", given),
        };
        let (reason, notify) = errors.finish(reason.zip(notify))?;
        self.require_revision(&subject, expected)?;
        let audit = self.about(Event::UserErased, &subject).note(&reason);
        let (realm, mut batch) = (&self.realm.name, batch![audit]);
        let drop = |subject| ChallengeOp::Drop { realm: realm.clone(), subject, purpose: None };
        match &subject {
            Subject::User(user) => {
                batch.extend(self.accounts().erasure(user).await?);
                batch.extend(if notify { self.goodbye(user)? } else { Batch::new() });
            }
            Subject::Invited(row, invitation) => {
                let (kind, key, revision) = (row.kind, row.key.clone(), Some(row.revision));
                let delete = RecordOp::Delete { realm: realm.clone(), kind, key, revision };
                batch.extend(batch![drop(invitation.user.clone()), delete]);
            }
            Subject::Unverified(registration) => {
                let (realm, id) = (realm.clone(), registration.id.clone());
                batch.extend(batch![drop(id.clone()), RegistrationOp::Delete { realm, id }]);
            }
        }
        self.settle(batch, REVISION_STALE).await?;
        tracing::info!(realm = %realm, user = id, "account erased by an administrator");
        Ok(())
    }

    fn goodbye(&self, user: &User) -> Result<Batch> {
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let recipient = Recipient::of(&user.envelope.open_profile(&key)?);
        Ok(batch![self.message(MessageKind::AccountDeleted, &recipient, None)?])
    }
}
