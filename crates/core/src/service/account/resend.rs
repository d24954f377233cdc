//! `verify/resend`: resends the verification email.

use super::Accounts;
use crate::{
    account::email::EmailAddress,
    audit::Event,
    error::Result,
    id::UserId,
    limit::LimitKind,
    link::{Challenge, Purpose},
    message::MessageKind,
    port::Batch,
    service::{FieldErrors, RawField, kernel::AddressMail},
};

impl Accounts<'_> {
    /// Resends the verification link of a pending registration, or notifies the owner of a verified address that an
    /// account exists. For an unknown address the work is the same, and the email is dropped during delivery. Earlier
    /// links stay valid until they expire.
    ///
    /// # Errors
    /// Returns `Invalid` if the address is malformed, `Limited` if a rate limit is reached, and `Unavailable` if the
    /// store fails.
    pub async fn resend_verification(&self, email: &RawField) -> Result<()> {
        let mut errors = FieldErrors::default();
        let email = errors.email("email", email);
        let email = errors.finish(email)?;
        let quota = self.settings.limits.mails_client;
        self.ask(LimitKind::Resends, quota, self.mail_verification(&email)).await
    }

    async fn mail_verification(&self, email: &EmailAddress) -> Result<()> {
        let found = self.ports.store.at_address(&self.realm.name, email.blind_index(&self.realm.keys)).await?;
        let reserved = self.reserved_by_other(email.blind_index(&self.realm.keys), None).await?;
        if let Some(reservation) = reserved.filter(|_| found.user.is_none()) {
            return self.mail_undo_again(email, &reservation, Event::VerificationResent, Batch::new()).await;
        }
        let invitation = self.invitation_at(email.blind_index(&self.realm.keys)).await?;
        if let Some(invitation) = invitation.filter(|_| found.user.is_none()) {
            return self.mail_invitation_again(email, &invitation, Event::VerificationResent, Batch::new()).await;
        }
        let is_taken = found.user.is_some();
        let pending = found.registration.filter(|registration| !is_taken && registration.is_pending(self.ctx.now));
        let subject = pending.map_or_else(|| UserId::random(self.ctx.random()), |registration| registration.id);
        let ttl = self.realm.policy.verification_ttl;
        self.mail_to_address(AddressMail {
            email,
            kind: if is_taken { MessageKind::AlreadyRegistered } else { MessageKind::VerifyEmail },
            challenge: Challenge::new(self.ctx, &self.realm.name, Purpose::Registration, &subject, ttl),
            replaces: false,
            event: Event::VerificationResent,
            user: found.user,
        })
        .await
    }
}
