//! `lock` and `unlock`: control whether a user may sign in.

use super::{Administered, UserSheet, subject::Subject};
use crate::{
    account::{Lock, User},
    admin::{Assist, Manage, Right},
    audit::Event,
    batch,
    error::{
        Result,
        catalogue::{REVISION_STALE, USER_STATUS},
    },
    link::Purpose,
    port::{Batch, UserOp},
    service::{Expected, FieldErrors, RawField},
};

impl Administered<'_, Manage> {
    /// Locks a user: ends all sessions and rejects new ones until the lock ends. The answer to a wrong password is
    /// unchanged.
    ///
    /// # Errors
    /// Returns `NotFound` if the user does not exist, `Invalid` if the reason is missing, `Outdated` if the revision
    /// differs, `Conflict` for a registration or invitation, and `Unavailable` if the store fails.
    pub async fn lock(&self, id: &str, expected: &Expected, reason: &RawField, until: &RawField) -> Result<UserSheet> {
        let subject = self.subject(id).await?;
        let mut errors = FieldErrors::default();
        let (reason, until) = (errors.reason(reason), errors.later("until", until, self.ctx.now));
        let (reason, until) = errors.finish(reason.zip(until))?;
        self.require_revision(&subject, expected)?;
        let user = subject.into_user()?;
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let lock = Lock { at: self.ctx.now, until, reason: key.seal(self.ctx, Lock::REASON, reason.as_bytes()) };
        let changed = User { lock: Some(lock), revision: user.revision + 1, ..user.clone() };
        let audit = self.audit(Event::UserLocked).user(&user).by(self.admin()).note(&reason);
        let audit = audit.detail("until", until.map(|until| until.to_string()));
        let mut batch = batch![self.end_sessions(&user.id, None), audit];
        batch.extend(self.drop_tickets(&user));
        batch.push(self.drop_links(&user));
        batch.extend(self.accounts().drop_challenges(&user, &[Purpose::SigninCode]));
        let sheet = self.change(changed, batch).await?;
        tracing::info!(realm = %self.realm.name, user = %user.id, "account locked");
        Ok(sheet)
    }
}

impl Administered<'_, Assist> {
    /// Unlocks a user.
    ///
    /// # Errors
    /// Returns `NotFound` if the user does not exist, `Invalid` if the reason is missing, `Outdated` if the revision
    /// differs, `Conflict` if the user is not locked, and `Unavailable` if the store fails.
    pub async fn unlock(&self, id: &str, expected: &Expected, reason: &RawField) -> Result<UserSheet> {
        self.charge_reads(1).await?;
        let subject = self.subject(id).await?;
        let mut errors = FieldErrors::default();
        let reason = errors.reason(reason);
        let reason = errors.finish(reason)?;
        self.require_revision(&subject, expected)?;
        let user = subject.into_user()?;
        if !user.is_locked(self.ctx.now) {
            return Err(USER_STATUS.into());
        }
        let changed = User { lock: None, revision: user.revision + 1, ..user.clone() };
        let audit = self.audit(Event::UserUnlocked).user(&user).by(self.admin()).note(&reason);
        let sheet = self.change(changed, batch![audit]).await?;
        tracing::info!(realm = %self.realm.name, user = %user.id, "account unlocked");
        Ok(sheet)
    }
}

impl<R: Right> Administered<'_, R> {
    /// Commits the changed user with further operations. Returns the user as shown to administrators.
    ///
    /// # Errors
    /// Returns `Outdated` if the user or related records changed concurrently, and `Unavailable` if the store fails.
    pub(super) async fn change(&self, changed: User, with: Batch) -> Result<UserSheet> {
        let mut batch = batch![UserOp::Update(changed.clone())];
        batch.extend(with);
        self.settle(batch, REVISION_STALE).await?;
        self.sheet(&Subject::User(Box::new(changed))).await
    }
}
