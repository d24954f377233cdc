//! `verify/resend`: the verification mail once more.

use crate::{
    account::email::EmailAddress,
    audit::{AuditRow, Event},
    batch,
    ctx::Ctx,
    error::Result,
    id::UserId,
    limit::LimitKind,
    link::{Challenge, Purpose},
    message::{MessageKind, Recipient},
    port::{AddressState, Batch, ChallengeOp, OutboxOp},
    realm::Realm,
    service::{FieldErrors, RawField, Service, message},
};

impl Service {
    /// Mails a link again, where a registration waits; tells the owner of a verified address that there is nothing to verify;
    /// for nobody the same work is done, and the message dropped when its turn comes. Links sent before stay good until their
    /// own end.
    ///
    /// # Errors
    /// Limited; invalid for what is no address; unavailable.
    pub async fn resend_verification(&self, ctx: &Ctx, realm: &Realm, email: &RawField) -> Result<()> {
        let mut faults = FieldErrors::default();
        let email = faults.email("email", email);
        let email = faults.finish(email)?;
        self.ask(ctx, LimitKind::Resends, self.rules.limits.mails_client, self.mail_again(ctx, realm, &email)).await
    }

    async fn mail_again(&self, ctx: &Ctx, realm: &Realm, email: &EmailAddress) -> Result<()> {
        let index = email.blind_index(&realm.keys);
        let AddressState { user: owner, registration } = self.ports.store.at_address(&realm.name, index).await?;
        let pending = registration.filter(|registration| owner.is_none() && registration.is_pending(ctx.now));

        let subject = pending.map_or_else(|| UserId::random(ctx.random()), |registration| registration.id);
        let lifetime = self.rules.verification_lifetime;
        let challenge = Challenge::new(ctx, &realm.name, Purpose::Registration, &subject, lifetime);
        let kind = if owner.is_some() { MessageKind::AlreadyRegistered } else { MessageKind::VerifyEmail };
        let recipient = Recipient { to: email.as_str().to_owned(), name: String::new() };
        let mail = message(ctx, realm, kind, &recipient, Some(challenge.id))?;
        let batch = batch![
            ChallengeOp::Insert(challenge),
            OutboxOp::Enqueue(mail),
            AuditRow::new(ctx, &realm.name, Event::VerificationResent).index(index),
        ];
        Ok(self.commit_mail(ctx, realm, index, batch, Batch::new()).await?)
    }
}
