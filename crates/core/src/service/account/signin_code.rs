//! `signin_code/start`: mails a code and a link that sign in.

use super::Accounts;
use crate::{
    account::email::EmailAddress,
    audit::Event,
    batch,
    error::Result,
    id::ChallengeId,
    limit::LimitKind,
    link::{Challenge, LinkAction, LinkToken, Purpose},
    message::MessageKind,
    port::ChallengeOp,
    service::{FieldErrors, RawField, kernel::AddressMail},
};

/// Request for a sign-in code that was accepted.
#[derive(Debug)]
pub struct SigninCodeRequest {
    /// Redeems the code.
    pub handle: LinkToken,
    pub challenge: ChallengeId,
}

impl Accounts<'_> {
    /// Mails a code and a link to the user of an address. An address that has only a registration or an invitation gets
    /// that mail again. For an unknown address the work is the same, and the email is dropped during delivery. Earlier
    /// codes stay valid.
    ///
    /// # Errors
    /// Returns `Invalid` if the address is malformed, `Limited` if a rate limit is reached, and `Unavailable` if the
    /// store fails.
    pub async fn request_signin_code(&self, email: &RawField) -> Result<SigninCodeRequest> {
        let mut errors = FieldErrors::default();
        let email = errors.email("email", email);
        let email = errors.finish(email)?;
        self.ask(LimitKind::SigninMails, self.settings.limits.mails_client, self.mail_signin_code(&email)).await
    }

    async fn mail_signin_code(&self, email: &EmailAddress) -> Result<SigninCodeRequest> {
        let (realm, keys) = (&self.realm.name, &self.realm.keys);
        let index = email.blind_index(keys);
        let found = self.ports.store.at_address(realm, index).await?;
        let reserved = self.reserved_by_other(index, None).await?.filter(|_| found.user.is_none());
        let invitation = self.invitation_at(index).await?.filter(|_| found.user.is_none());
        // The decoy is the same for each request with an address, so that its wrong codes count together as for a user.
        let subject = found.user.as_ref().map(|user| user.id.clone());
        let subject = subject.unwrap_or_else(|| keys.decoy_id(&["signin_code", email.as_str()]));
        let ttl = self.realm.policy.signin_code_ttl;
        let code = Challenge::beginning(self.ctx, realm, Purpose::SigninCode, &subject, ttl);
        let handle = LinkToken::derive(keys, LinkAction::SigninCode, &code);
        let request = SigninCodeRequest { handle, challenge: code.id };
        let (event, insert) = (Event::SigninCodeRequested, ChallengeOp::Insert(code.clone()));
        if let Some(invitation) = invitation {
            self.mail_invitation_again(email, &invitation, event, batch![insert]).await?;
            return Ok(request);
        }
        if let Some(reservation) = reserved {
            self.mail_undo_again(email, &reservation, event, batch![insert]).await?;
            return Ok(request);
        }
        let has_user = found.user.is_some();
        let pending = found.registration.filter(|registration| !has_user && registration.is_pending(self.ctx.now));
        let mail = AddressMail {
            email,
            kind: MessageKind::SigninCode,
            challenge: code,
            replaces: false,
            event,
            user: found.user,
        };
        let (mail, with) = match pending {
            Some(registration) => {
                let ttl = self.realm.policy.verification_ttl;
                let verification = Challenge::new(self.ctx, realm, Purpose::Registration, &registration.id, ttl);
                (AddressMail { kind: MessageKind::VerifyEmail, challenge: verification, ..mail }, insert)
            }
            // Without effect; each of these mails writes as much as the others.
            None => {
                let (realm, id) = (realm.clone(), ChallengeId(self.ctx.bytes()));
                (mail, ChallengeOp::Expire { realm, id, at: self.ctx.now })
            }
        };
        self.mail_to_address_with(mail, batch![with]).await?;
        Ok(request)
    }
}
