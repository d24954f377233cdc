//! Password reset: an emailed link lets the owner of the address set a new password.

use super::{
    Accounts,
    accept::OpenInvitation,
    activate::{Activation, LinkTarget},
};
use crate::{
    account::{
        Profile, Registration, User,
        email::EmailAddress,
        password::{Password, PasswordHash},
    },
    audit::Event,
    batch,
    error::{Error, Result, catalogue::PASSWORD_UNCHANGED},
    limit::LimitKind,
    link::{Challenge, LinkAction, PresentedToken, Purpose},
    message::{MessageKind, Recipient},
    port::{ChallengeOp, CommitError, Precondition, UserOp},
    seal::{BlindIndex, DataKey},
    service::{
        FieldErrors, RawField,
        kernel::{AddressMail, HASHED_ATTEMPTS, retry},
    },
    session::device::{DeviceOwner, KnownDevice},
};

/// Subject of a link that can set a password.
enum Subject {
    User(User),
    /// A registration. The link also verifies its address.
    Registration(Registration),
    /// A contested registration, through its verification link.
    Contested(Registration),
    /// A pending invitation.
    Invited(Box<OpenInvitation>),
}

/// A link that can set a password, and its subject.
struct ResetTarget {
    subject: Subject,
    challenge: Challenge,
}

impl Accounts<'_> {
    /// Sends a reset link if the address has an account. Otherwise the work is the same, and the email is dropped
    /// during delivery.
    ///
    /// # Errors
    /// Returns `Invalid` if the address is malformed, `Limited` if a rate limit is reached, and `Unavailable` if the
    /// store fails.
    pub async fn request_reset(&self, email: &RawField) -> Result<()> {
        let mut errors = FieldErrors::default();
        let email = errors.email("email", email);
        let email = errors.finish(email)?;
        self.ask(LimitKind::Resets, self.settings.limits.mails_client, self.mail_reset(&email)).await
    }

    async fn mail_reset(&self, email: &EmailAddress) -> Result<()> {
        let (realm, keys) = (&self.realm.name, &self.realm.keys);
        let found = self.ports.store.at_address(realm, email.blind_index(keys)).await?;
        let reserved = self.reserved_by_other(email.blind_index(keys), None).await?;
        if let Some(invitation) = self.invitation_at(email.blind_index(keys)).await?.filter(|_| found.user.is_none()) {
            let (realm, subject) = (realm.clone(), keys.decoy_id(&["reset", email.as_str()]));
            let drop = ChallengeOp::Drop { realm, subject, purpose: Some(Purpose::Reset) };
            return self.mail_invitation_again(email, &invitation, Event::ResetRequested, batch![drop]).await;
        }
        if let Some(reservation) = reserved.filter(|_| found.user.is_none()) {
            // Replaces the operation that removes earlier links of an account.
            let (realm, subject) = (realm.clone(), keys.decoy_id(&["reset", email.as_str()]));
            let drop = ChallengeOp::Drop { realm, subject, purpose: Some(Purpose::Reset) };
            return self.mail_undo_again(email, &reservation, Event::ResetRequested, batch![drop]).await;
        }
        let pending = found.registration.filter(|registration| registration.is_pending(self.ctx.now));
        let subject = found.user.as_ref().map(|user| user.id.clone()).or(pending.map(|registration| registration.id));
        // The decoy is the same for every request with this address, so that a newer link replaces the previous one
        // as it does for a user.
        let subject = subject.unwrap_or_else(|| keys.decoy_id(&["reset", email.as_str()]));
        self.mail_to_address(AddressMail {
            email,
            kind: MessageKind::ResetPassword,
            challenge: Challenge::new(self.ctx, realm, Purpose::Reset, &subject, self.realm.policy.reset_ttl),
            replaces: true,
            event: Event::ResetRequested,
            user: found.user,
        })
        .await
    }

    /// Checks whether a link can set a new password, without changing anything.
    ///
    /// # Errors
    /// Returns `BadLink` if the link or code is invalid for any reason, `Limited` if a rate limit is reached, and
    /// `Unavailable` if the store fails.
    pub async fn check_reset(&self, token: &str) -> Result<()> {
        self.try_link(self.reset_target(token)).await.map(|_| ())
    }

    /// Sets a new password through a link. Returns the value of a known device, so that failed attempts of attackers
    /// do not delay the owner's logins.
    ///
    /// # Errors
    /// Returns `BadLink` if the link is invalid for any reason, `Invalid` if the password is rejected, in which case
    /// the link remains valid, `Limited` if a rate limit is reached, `Overloaded` if the hash queue is full, and
    /// `Unavailable` if the store fails.
    pub async fn reset_password(&self, token: &str, password: &RawField) -> Result<String> {
        let set = |_| self.set_password(token, password);
        let account = self.try_link(retry(HASHED_ATTEMPTS, "the account kept changing during a reset", set)).await?;
        let owner = DeviceOwner { account, password_set_at: self.ctx.now };
        Ok(KnownDevice::new(self.ctx).expose(self.ctx, &self.realm.keys, owner))
    }

    /// Returns the blind index of the address whose password was set, or `None` if the account has changed in the
    /// meantime.
    async fn set_password(&self, token: &str, password: &RawField) -> Result<Option<BlindIndex>> {
        let ResetTarget { subject, challenge } = self.reset_target(token).await?;
        let (index, is_set) = match subject {
            Subject::User(user) => (user.index, self.replace_password(user, &challenge, password).await?),
            Subject::Registration(registration) => {
                let (index, event) = (registration.index, Event::PasswordReset);
                (index, self.set_initial_password(registration, &challenge, password, event).await?)
            }
            Subject::Contested(registration) => {
                let (index, event) = (registration.index, Event::RegistrationClaimed);
                if !self.set_initial_password(registration, &challenge, password, event).await? {
                    return Err(Error::bad_link());
                }
                (index, true)
            }
            Subject::Invited(invited) => {
                let password = self.hash_accepted(password, &invited.invitation.profile, None).await?;
                (invited.invitation.index, self.accept_invitation(&invited, &challenge, &password).await?)
            }
        };
        Ok(is_set.then_some(index))
    }

    /// Returns the challenge of a token and the subject whose password it can set.
    async fn reset_target(&self, token: &str) -> Result<ResetTarget> {
        let token = PresentedToken::parse(token).ok_or_else(Error::bad_link)?;
        let challenge = self.named_challenge(&token).await?;
        match challenge.purpose {
            Purpose::Registration => {
                self.require_proof(&token, LinkAction::SetPassword, &challenge)?;
                match self.target_of(challenge).await? {
                    LinkTarget::Pending(registration, challenge) if registration.contested => {
                        Ok(ResetTarget { subject: Subject::Contested(*registration), challenge })
                    }
                    LinkTarget::Pending(..) | LinkTarget::Activated => Err(Error::bad_link()),
                }
            }
            Purpose::Reset => {
                self.require_proof(&token, LinkAction::Reset, &challenge)?;
                Ok(ResetTarget { subject: self.reset_subject(&challenge).await?, challenge })
            }
            Purpose::Invitation => {
                self.require_proof(&token, LinkAction::Invite, &challenge)?;
                let invited = self.invited_by(&challenge).await?;
                Ok(ResetTarget { subject: Subject::Invited(Box::new(invited)), challenge })
            }
            _ => Err(Error::bad_link()),
        }
    }

    /// Returns the subject of a valid reset link.
    async fn reset_subject(&self, challenge: &Challenge) -> Result<Subject> {
        let (store, realm) = (&self.ports.store, &self.realm.name);
        if !challenge.is_valid(self.ctx.now) {
            return Err(Error::bad_link());
        }
        if let Some(user) = store.user(realm, &challenge.subject).await? {
            return Ok(Subject::User(user));
        }
        self.pending_registration(&challenge.subject).await?.map(Subject::Registration).ok_or_else(Error::bad_link)
    }

    /// Converts a registration to a user with the chosen password. Returns `false` if another link has activated or
    /// cancelled it in the meantime.
    async fn set_initial_password(
        &self,
        registration: Registration,
        challenge: &Challenge,
        password: &RawField,
        event: Event,
    ) -> Result<bool> {
        let key = registration.envelope.key(&self.realm.keys, &registration.id)?;
        let profile = registration.envelope.open_profile(&key)?;
        let hash = self.hash_accepted(password, &profile, None).await?;
        let mut user = registration.into_user();
        user.envelope = user.envelope.with_password(self.ctx, &key, &hash);
        user.password_set_at = self.ctx.now;
        // The registration, and with it the phone number, may have been submitted by someone other than the owner of
        // the address.
        user.phone_disputed = true;
        self.activate(&Activation { challenge: challenge.id, user: &user, profile: &profile, event }).await
    }

    /// Replaces a user's password, revokes all sessions and notifies the owner. Returns `false` if the account has
    /// changed since it was read.
    async fn replace_password(&self, user: User, challenge: &Challenge, password: &RawField) -> Result<bool> {
        let key: DataKey = user.envelope.key(&self.realm.keys, &user.id)?;
        let profile = user.envelope.open_profile(&key)?;
        // Another person may know the compromised password, so it must not be set again.
        let known = if user.compromised { user.envelope.open_password(&key)? } else { None };
        let hash = self.hash_accepted(password, &profile, known.as_ref()).await?;
        let (ctx, realm, id) = (self.ctx, &self.realm.name, user.id.clone());
        let audit = self.audit(Event::PasswordReset).user(&user);
        let envelope = user.envelope.with_password(ctx, &key, &hash);
        let has_logged_in = !self.ports.store.few_sessions_of(realm, &id, 1).await?.is_empty();
        let recipient = if has_logged_in { Recipient::of(&profile) } else { Recipient::unnamed(&profile.email) };
        let dropped = self.drop_requests(&user);
        let mut batch = batch![
            ChallengeOp::Spend { realm: realm.clone(), id: challenge.id, now: ctx.now },
            UserOp::Update(User {
                envelope,
                password_set_at: ctx.now,
                compromised: false,
                revision: user.revision + 1,
                ..user
            }),
            self.end_sessions(&id, None),
            audit,
            self.message(MessageKind::PasswordChanged, &recipient, None)?,
        ];
        batch.extend(dropped);
        match self.commit(batch).await {
            Ok(()) => {
                tracing::info!(realm = %realm, user = %id, "password reset");
                Ok(true)
            }
            Err(CommitError::Failed(Precondition::UserRevision)) => Ok(false),
            Err(CommitError::Failed(_)) => Err(Error::bad_link()),
            Err(error) => Err(error.into()),
        }
    }

    /// Checks a new password against the policy and a password that must not be reused, if there is one. Then hashes
    /// it.
    async fn hash_accepted(
        &self,
        password: &RawField,
        profile: &Profile,
        known: Option<&PasswordHash>,
    ) -> Result<PasswordHash> {
        let password: Password = self.accept(password, profile)?;
        let permit = self.hash_permit()?;
        if known.is_some() && self.matches(&permit, &password, known).await? {
            let mut errors = FieldErrors::default();
            errors.add(PASSWORD_UNCHANGED.of("password"));
            return Err(errors.into_error());
        }
        self.hash(&permit, &password).await
    }

    fn accept(&self, password: &RawField, profile: &Profile) -> Result<Password> {
        let mut errors = FieldErrors::default();
        let password = errors.password("password", password, &self.realm.policy.password, &profile.guessable());
        errors.finish(password)
    }
}
