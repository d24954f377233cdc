//! Support for users: compromised passwords, rate limits, sessions, and resending the verification mail.

use super::{Administered, UserSheet, subject::Subject};
use crate::{
    account::User,
    admin::Assist,
    audit::Event,
    batch,
    error::{
        Error, Result,
        catalogue::{REVISION_STALE, USER_STATUS},
    },
    factor::TrustedDevice,
    id::SessionId,
    link::{Challenge, Purpose},
    message::{MessageKind, Recipient},
    port::{ChallengeOp, CommitError, LimitOp, RecordOp, UserOp},
    record::Record,
    service::{Expected, FieldErrors, RawField},
    session::ListedSession,
};

impl Administered<'_, Assist> {
    /// Marks the password of a user as compromised: ends all sessions and emails a password reset link.
    ///
    /// # Errors
    /// Returns `Limited` if a limit is reached, `NotFound` if the user does not exist, `Invalid` if the reason is
    /// missing, `Outdated` if the revision differs, `Conflict` for a registration or invitation, and `Unavailable` if
    /// the store fails.
    pub async fn compromised(&self, id: &str, expected: &Expected, reason: &RawField) -> Result<UserSheet> {
        self.charge_reads(1).await?;
        let subject = self.subject(id).await?;
        let mut errors = FieldErrors::default();
        let reason = errors.reason(reason);
        let reason = errors.finish(reason)?;
        self.require_revision(&subject, expected)?;
        let user = subject.into_user()?;
        let (realm, key) = (&self.realm.name, user.envelope.key(&self.realm.keys, &user.id)?);
        let reset = Challenge::new(self.ctx, realm, Purpose::Reset, &user.id, self.realm.policy.reset_ttl);
        let profile = user.envelope.open_profile(&key)?;
        let recipient = Recipient::of(&profile);
        let changed = User { compromised: true, revision: user.revision + 1, ..user.clone() };
        let mut batch = self.accounts().drop_requests(&user);
        batch.extend(batch![
            UserOp::Update(changed.clone()),
            self.end_sessions(&user.id, None),
            self.audit(Event::UserCompromised).user(&user).by(self.admin()).note(&reason),
            self.message(MessageKind::PasswordChangeRequired, &recipient, Some(reset.id))?,
            ChallengeOp::Insert(reset),
        ]);
        self.settle_mail(&profile.email, batch, REVISION_STALE).await?;
        self.sheet(&Subject::User(Box::new(changed))).await
    }

    /// Clears the failed password and second-factor attempts of a user.
    ///
    /// # Errors
    /// Returns `NotFound` if the user does not exist, `Conflict` for a registration or invitation, and `Unavailable`
    /// if the store fails.
    pub async fn unthrottle(&self, id: &str) -> Result<UserSheet> {
        self.charge_reads(1).await?;
        let user = self.subject(id).await?.into_user()?;
        let mut batch = batch![
            LimitOp::ForgetFailures { key: self.failures_key(&user) },
            self.audit(Event::UserUnthrottled).user(&user).by(self.admin()),
        ];
        batch.extend(self.forget_factor_tries(&user, None));
        self.commit(batch).await?;
        self.sheet(&Subject::User(Box::new(user))).await
    }

    /// Resends the verification mail of a registration.
    ///
    /// # Errors
    /// Returns `Limited` if a limit is reached, `NotFound` if the registration does not exist, `Conflict` if the
    /// address is already verified, and `Unavailable` if the store fails.
    pub async fn resend(&self, id: &str) -> Result<()> {
        self.charge_reads(1).await?;
        let Subject::Unverified(registration) = self.subject(id).await? else { return Err(USER_STATUS.into()) };
        let key = registration.envelope.key(&self.realm.keys, &registration.id)?;
        let email = registration.envelope.open_profile(&key)?.email;
        let recipient = Recipient::unnamed(&email);
        let ttl = self.realm.policy.verification_ttl;
        let challenge = Challenge::new(self.ctx, &self.realm.name, Purpose::Registration, &registration.id, ttl);
        let mail = self.message(MessageKind::VerifyEmail, &recipient, Some(challenge.id))?;
        let audit = self.audit(Event::VerificationResent).user(&*registration).by(self.admin());
        self.settle_mail(&email, batch![ChallengeOp::Insert(challenge), mail, audit], USER_STATUS).await
    }

    /// Returns the live sessions of a user, most recently used first. Records the access in the audit trail.
    ///
    /// # Errors
    /// Returns `Limited` if a limit is reached, `NotFound` if the user does not exist, `Conflict` for a registration
    /// or invitation, and `Unavailable` if the store fails.
    pub async fn sessions_of_user(&self, id: &str) -> Result<Vec<ListedSession>> {
        self.charge_reads(1).await?;
        let user = self.subject(id).await?.into_user()?;
        let sessions = self.live_sessions(&user, &SessionId::random(self.ctx.random())).await?;
        self.commit(batch![self.audit(Event::ProfileRead).user(&user).by(self.admin())]).await?;
        Ok(sessions)
    }

    /// Ends one session of a user, or all sessions including trusted devices. Returns the number of ended sessions.
    ///
    /// # Errors
    /// Returns `Limited` if a limit is reached, `NotFound` if the user or session does not exist, `Conflict` for a
    /// registration or invitation, and `Unavailable` if the store fails.
    pub async fn end_sessions_of_user(&self, id: &str, session: Option<&str>) -> Result<usize> {
        self.charge_reads(1).await?;
        let user = self.subject(id).await?.into_user()?;
        let live = self.ports.store.sessions_of(&self.realm.name, &user.id).await?;
        let mut live = live.into_iter().filter(|session| session.is_live(self.ctx.now));
        let Some(session) = session else {
            let number = live.count();
            let (realm, owner) = (self.realm.name.clone(), user.id.clone());
            let batch = batch![
                self.end_sessions(&user.id, None),
                RecordOp::DeleteOf { realm, owner, kind: Some(TrustedDevice::KIND) },
                self.audit(Event::SessionsEnded).user(&user).by(self.admin()).detail("number", number),
            ];
            self.commit(batch).await?;
            return Ok(number);
        };
        let found = live.find(|one| one.id.as_str() == session).ok_or_else(Error::not_found)?;
        let audit = self.audit(Event::SessionEnded).user(&user).by(self.admin()).detail("ended", session);
        match self.commit(batch![self.end_session(&found.id), audit]).await {
            Ok(()) => Ok(1),
            Err(CommitError::Failed(_)) => Err(Error::not_found()),
            Err(error) => Err(error.into()),
        }
    }
}
