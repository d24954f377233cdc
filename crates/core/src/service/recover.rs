//! A forgotten password: a mailed link lets the owner of the address choose a new one.

use crate::{
    account::{Profile, Registration, User, email::EmailAddress},
    audit::{AuditRow, Event},
    batch,
    ctx::Ctx,
    error::{Error, Result},
    limit::LimitKind,
    link::{Challenge, LinkAction, PresentedToken, Purpose},
    message::{MessageKind, Recipient},
    port::{AddressState, Batch, ChallengeOp, CommitError, OutboxOp, Precondition, UserOp},
    realm::Realm,
    seal::BlindIndex,
    service::{FieldErrors, RawField, Service, message, settle::Standing},
    session::device::{DeviceOwner, KnownDevice},
};

/// Whom a link for a new password concerns.
enum Subject {
    User(User),
    /// Not yet verified: the link proves the address, too.
    Registration(Registration),
}

/// So often is a reset tried anew when the account changes under it.
const TRIES: usize = 3;

impl Service {
    /// Mails a link for a new password, if the address belongs to somebody. The work is the same if it does not: then the
    /// message concerns nobody, and is dropped when its turn comes.
    ///
    /// # Errors
    /// Limited; invalid for what is no address; unavailable.
    pub async fn forget_password(&self, ctx: &Ctx, realm: &Realm, email: &RawField) -> Result<()> {
        let mut faults = FieldErrors::default();
        let email = faults.email("email", email);
        let email = faults.finish(email)?;
        self.ask(ctx, LimitKind::Resets, self.rules.limits.mails_client, self.mail_reset(ctx, realm, &email)).await
    }

    async fn mail_reset(&self, ctx: &Ctx, realm: &Realm, email: &EmailAddress) -> Result<()> {
        let index = email.blind_index(&realm.keys);
        let AddressState { user, registration } = self.ports.store.at_address(&realm.name, index).await?;
        let pending = registration.filter(|registration| registration.is_pending(ctx.now));
        let subject = user.map(|user| user.id).or(pending.map(|registration| registration.id));
        // Always the same for the same address, so that a newer link replaces the one before for nobody, too.
        let subject = subject.unwrap_or_else(|| realm.keys.decoy_id(&["reset", email.as_str()]));

        let challenge = Challenge::new(ctx, &realm.name, Purpose::Reset, &subject, self.rules.reset_lifetime);
        let recipient = Recipient { to: email.as_str().to_owned(), name: String::new() };
        let mail = message(ctx, realm, MessageKind::ResetPassword, &recipient, Some(challenge.id))?;
        let batch = batch![
            ChallengeOp::Drop { realm: realm.name.clone(), subject, purpose: Some(Purpose::Reset) },
            ChallengeOp::Insert(challenge),
            OutboxOp::Enqueue(mail),
            AuditRow::new(ctx, &realm.name, Event::ResetRequested).index(index),
        ];
        Ok(self.commit_mail(ctx, realm, index, batch, Batch::new()).await?)
    }

    /// Whether the form for a new password may be shown for this link.
    ///
    /// # Errors
    /// The one answer for bad links; unavailable.
    pub async fn may_choose_password(&self, ctx: &Ctx, realm: &Realm, token: &str) -> Result<()> {
        let work = async {
            match self.purpose(realm, token).await? {
                Purpose::Registration => self.claimable(ctx, realm, token).await.map(|_| ()),
                _ => self.resettable(ctx, realm, token).await.map(|_| ()),
            }
        };
        self.try_link(ctx, work).await
    }

    /// Sets the password that the owner of a mailbox has chosen, once a link. Gives the name of their device: nobody who
    /// guesses at the account keeps them out of it now.
    ///
    /// # Errors
    /// The one answer for bad links; invalid, when the password may not be chosen, and then the link stays good;
    /// overloaded; unavailable.
    pub async fn choose_password(&self, ctx: &Ctx, realm: &Realm, token: &str, password: &RawField) -> Result<String> {
        let account = self.try_link(ctx, self.give_password(ctx, realm, token, password)).await?;
        let holder = DeviceOwner { account, password_set_at: ctx.now };
        Ok(KnownDevice::new(ctx).expose(ctx, &realm.keys, holder))
    }

    /// Whose password it is now, by the index of their address.
    async fn give_password(&self, ctx: &Ctx, realm: &Realm, token: &str, password: &RawField) -> Result<BlindIndex> {
        match self.purpose(realm, token).await? {
            Purpose::Registration => {
                let (registration, challenge) = self.claimable(ctx, realm, token).await?;
                let (event, index) = (Event::RegistrationClaimed, registration.index);
                let is_mine = self.claim(ctx, realm, registration, &challenge, password, event).await?;
                if is_mine { Ok(index) } else { Err(Error::bad_link()) }
            }
            _ => {
                for _ in 0..TRIES {
                    let (index, done) = match self.resettable(ctx, realm, token).await? {
                        (Subject::User(user), challenge) => {
                            (user.index, self.reset(ctx, realm, user, &challenge, password).await?)
                        }
                        (Subject::Registration(registration), challenge) => {
                            let (index, event) = (registration.index, Event::PasswordReset);
                            (index, self.claim(ctx, realm, registration, &challenge, password, event).await?)
                        }
                    };
                    if done {
                        return Ok(index);
                    }
                }
                Err(Error::internal("the account kept changing during a reset"))
            }
        }
    }

    /// What the challenge of a token was made for; the token has yet to prove itself.
    async fn purpose(&self, realm: &Realm, token: &str) -> Result<Purpose> {
        let presented = PresentedToken::parse(token).ok_or_else(Error::bad_link)?;
        let challenge = self.ports.store.challenge(&realm.name, presented.challenge).await?;
        Ok(challenge.ok_or_else(Error::bad_link)?.purpose)
    }

    /// The contested registration behind the link of its form.
    async fn claimable(&self, ctx: &Ctx, realm: &Realm, token: &str) -> Result<(Registration, Challenge)> {
        match self.standing(ctx, realm, LinkAction::SetPassword, token).await? {
            Standing::Pending(registration, challenge) if registration.contested => Ok((registration, challenge)),
            _ => Err(Error::bad_link()),
        }
    }

    /// Whom a reset link concerns, while it is good.
    async fn resettable(&self, ctx: &Ctx, realm: &Realm, token: &str) -> Result<(Subject, Challenge)> {
        let challenge = self.challenge(ctx, realm, LinkAction::Reset, Purpose::Reset, token).await?;
        if challenge.used_at.is_some() {
            return Err(Error::bad_link());
        }
        if let Some(user) = self.ports.store.user(&realm.name, &challenge.subject).await? {
            return Ok((Subject::User(user), challenge));
        }
        let registration = self.ports.store.registration(&realm.name, &challenge.subject).await?;
        let pending = registration.filter(|registration| registration.is_pending(ctx.now));
        Ok((Subject::Registration(pending.ok_or_else(Error::bad_link)?), challenge))
    }

    /// Turns a registration into a user with the password that was chosen. `false` when it is none any more: by the link of
    /// another mail it may have become a user meanwhile.
    async fn claim(
        &self,
        ctx: &Ctx,
        realm: &Realm,
        registration: Registration,
        challenge: &Challenge,
        password: &RawField,
        event: Event,
    ) -> Result<bool> {
        let key = registration.envelope.key(&realm.keys, &registration.id)?;
        let profile = registration.envelope.open_profile(&key)?;
        let password = self.accept(password, &profile)?;
        let hash = self.hash(ctx, &self.turn(ctx)?, &password).await?;
        let mut user = registration.into_user();
        user.envelope = user.envelope.with_password(ctx, &key, &hash);
        user.password_set_at = ctx.now;
        // Whoever chooses a password by a link need not be who typed the number.
        user.phone_disputed = true;
        self.settle(ctx, realm, challenge.id, &user, &profile, event).await
    }

    /// Gives a user the password that was chosen, ends all their sessions and tells them. `false` when the account has changed
    /// since it was read.
    async fn reset(
        &self,
        ctx: &Ctx,
        realm: &Realm,
        user: User,
        challenge: &Challenge,
        password: &RawField,
    ) -> Result<bool> {
        let key = user.envelope.key(&realm.keys, &user.id)?;
        let profile = user.envelope.open_profile(&key)?;
        let password = self.accept(password, &profile)?;
        let hash = self.hash(ctx, &self.turn(ctx)?, &password).await?;
        let (id, name) = (user.id.clone(), realm.name.clone());
        let audit = AuditRow::new(ctx, &realm.name, Event::PasswordReset).user(&id).index(user.index);
        let notice = message(ctx, realm, MessageKind::PasswordChanged, &Recipient::of(&profile), None)?;
        let envelope = user.envelope.with_password(ctx, &key, &hash);
        let batch = batch![
            ChallengeOp::Spend { realm: name.clone(), id: challenge.id, now: ctx.now },
            UserOp::Update(User { envelope, password_set_at: ctx.now, revision: user.revision + 1, ..user }),
            self.end_all(ctx, realm, &id, None),
            ChallengeOp::Drop { realm: name, subject: id.clone(), purpose: Some(Purpose::Reset) },
            audit,
            OutboxOp::Enqueue(notice),
        ];
        match self.commit(batch).await {
            Ok(()) => {
                tracing::info!(realm = %realm.name, user = %id, "password reset");
                Ok(true)
            }
            Err(CommitError::Failed(Precondition::UserRevision)) => Ok(false),
            Err(CommitError::Failed(_)) => Err(Error::bad_link()),
            Err(error) => Err(error.into()),
        }
    }

    fn accept(&self, password: &RawField, profile: &Profile) -> Result<crate::account::password::Password> {
        let mut faults = FieldErrors::default();
        let context = [profile.first_name.as_str(), profile.last_name.as_str(), profile.email.as_str()];
        let password = faults.password("password", password, &self.rules.password, &context);
        faults.finish(password)
    }
}
