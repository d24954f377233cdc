//! `reset`: a password reset link, emailed or, for owners, returned in the response.

use super::Administered;
use crate::{
    account::User,
    admin::{Assist, FreshVerb, Own, Right},
    audit::Event,
    batch,
    error::{Refusal, Result, catalogue::USER_STATUS},
    link::{Challenge, LinkAction, Purpose},
    message::{MessageKind, Recipient},
    port::{Batch, ChallengeOp},
    service::{FieldErrors, RawField, kernel::AuditDraft},
};

/// Accepted ways to deliver the link.
const DELIVERIES: [&str; 2] = ["mail", "answer"];

impl Administered<'_, Assist> {
    /// Creates a password reset link, and emails or returns it.
    ///
    /// # Errors
    /// Returns `Limited` if a limit is reached, `NotFound` if the user does not exist, `Conflict` for a registration
    /// or invitation, and `Unavailable` if the store fails. If the link is returned also `Forbidden`, `Stale`, and
    /// `Invalid` if the reason is missing.
    pub async fn reset(&self, id: &str, deliver: &RawField, reason: &RawField) -> Result<Option<String>> {
        self.charge_reads(1).await?;
        let mut errors = FieldErrors::default();
        let deliver = errors.one_of("deliver", deliver, &DELIVERIES);
        let subject = self.subject(id).await?;
        let is_answered = errors.finish(deliver)? == "answer";
        let mut audit = self.audit(Event::ResetStarted).by(self.admin());
        if is_answered {
            self.permit.also::<Own>()?;
            self.fresh(FreshVerb::DeliverReset)?;
            let mut errors = FieldErrors::default();
            let reason = errors.reason(reason);
            audit = audit.note(&errors.finish(reason)?).detail("deliver", "answer");
        }
        let user = subject.into_user()?;
        let audit = audit.user(&user).by(self.admin());
        self.start_reset(&user, is_answered, audit, (Batch::new(), USER_STATUS)).await
    }
}

impl<R: Right> Administered<'_, R> {
    /// Commits a password reset link, which replaces earlier ones, with further operations. Returns the link if it is
    /// not emailed.
    ///
    /// # Errors
    /// Returns `Limited` if a limit is reached, `lost` if a precondition of the further operations fails,
    /// `Unavailable` if the store fails, and `Internal` if the mail cannot be serialised.
    pub(super) async fn start_reset(
        &self,
        user: &User,
        is_answered: bool,
        audit: AuditDraft<'_>,
        (with, lost): (Batch, Refusal),
    ) -> Result<Option<String>> {
        let (ctx, realm, ttl) = (self.ctx, &self.realm.name, self.realm.policy.reset_ttl);
        let challenge = if is_answered {
            Challenge::beginning(ctx, realm, Purpose::Reset, &user.id, ttl)
        } else {
            Challenge::new(ctx, realm, Purpose::Reset, &user.id, ttl)
        };
        let url = is_answered.then(|| self.link("reset_password_form", LinkAction::Reset, &challenge));
        let mut batch = with;
        batch.extend(batch![
            ChallengeOp::Drop { realm: realm.clone(), subject: user.id.clone(), purpose: Some(Purpose::Reset) },
            ChallengeOp::Insert(challenge.clone()),
            audit,
        ]);
        if is_answered {
            self.settle(batch, lost).await?;
        } else {
            let key = user.envelope.key(&self.realm.keys, &user.id)?;
            let profile = user.envelope.open_profile(&key)?;
            let recipient = Recipient::of(&profile);
            batch.push(self.message(MessageKind::ResetPassword, &recipient, Some(challenge.id))?.into());
            self.settle_mail(&profile.email, batch, lost).await?;
        }
        tracing::info!(realm = %realm, user = %user.id, "password reset started by an administrator");
        Ok(url)
    }
}
