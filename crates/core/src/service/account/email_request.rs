//! `me/email`: the caller requests a new email address, or cancels the request.

use super::Accounts;
use crate::{
    account::{PendingEmail, Reservation, User, email::EmailAddress},
    audit::Event,
    batch,
    error::{Error, Result, catalogue::EMAIL_UNCHANGED},
    limit::{LimitKey, LimitKind, Quota},
    link::{Challenge, Purpose},
    message::{MessageKind, Recipient},
    port::{Batch, ChallengeOp, CommitError, LimitOp, Op, Precondition, RecordOp, UserOp},
    record::{Record, RecordKeys},
    service::{
        FieldErrors, FreshOwner, Owner, RawField,
        kernel::{ATTEMPTS, retry},
    },
};

impl Accounts<'_> {
    /// Sends a link to a new address of the caller and replaces an earlier request. The owner of a taken address gets
    /// a notice, and a reserved address gets an undo link. Neither the response nor the work reveals which case
    /// applies. Returns the new address.
    ///
    /// # Errors
    /// Returns `Stale` if the login is too old, `Forbidden` if the password is wrong, `Invalid` if the address is
    /// malformed or equal to the current one, `Limited` if a rate limit is reached, `BadToken` if the account was
    /// deleted in the meantime, and `Unavailable` if the store fails.
    pub async fn request_email_change(
        &self,
        owner: &Owner,
        email: &RawField,
        current: &RawField,
    ) -> Result<EmailAddress> {
        let owner = self.fresh(owner, current).await?;
        let mut errors = FieldErrors::default();
        let email = errors.email("email", email);
        let email = errors.finish(email)?;
        let request = |_| self.request_once(owner, &email);
        retry(ATTEMPTS, "the account kept changing during a request for another address", request).await?;
        Ok(email)
    }

    /// Stores the request. Returns `None` if the account has changed in the meantime.
    async fn request_once(&self, owner: FreshOwner<'_>, email: &EmailAddress) -> Result<Option<()>> {
        let (ctx, realm, keys) = (self.ctx, &self.realm.name, &self.realm.keys);
        let user = self.fresh_user(owner).await?;
        let key = user.envelope.key(keys, &user.id)?;
        let index = email.blind_index(keys);
        if index == user.index {
            let mut errors = FieldErrors::default();
            errors.add(EMAIL_UNCHANGED.of("email"));
            return Err(errors.into_error());
        }
        let ttl = self.realm.policy.verification_ttl;
        let challenge = Challenge::new(ctx, realm, Purpose::EmailChange, &user.id, ttl);
        let pending = PendingEmail {
            user: user.id.clone(),
            email: email.clone(),
            session: owner.session().clone(),
            challenge: challenge.id,
            shown_until: ctx.now.plus(ttl),
            expires_at: challenge.expires_at,
        };
        let mail = self.change_mail(&user, &pending).await?;
        let write = batch![
            UserOp::Update(User { revision: user.revision + 1, ..user.clone() }),
            RecordOp::DeleteOf { realm: realm.clone(), owner: user.id.clone(), kind: Some(PendingEmail::KIND) },
            RecordOp::Insert(pending.seal(ctx, realm, RecordKeys::Owner(&key))),
            ChallengeOp::Drop { realm: realm.clone(), subject: user.id.clone(), purpose: Some(Purpose::EmailChange) },
            ChallengeOp::Insert(challenge),
            self.audit(Event::EmailChangeRequested).user(&*owner).index(index),
        ];
        self.commit_request(&user, email, write, mail).await
    }

    /// Returns the email: a link for a free address, or a notice for the owner of a taken one.
    async fn change_mail(&self, user: &User, pending: &PendingEmail) -> Result<(MessageKind, Op)> {
        let index = pending.email.blind_index(&self.realm.keys);
        let found = self.ports.store.at_address(&self.realm.name, index).await?;
        let reserved = self.reserved_by_other(index, Some(&user.id)).await?;
        let reserved = reserved.as_ref().and_then(Reservation::newest_challenge);
        let (kind, challenge) = match reserved {
            _ if found.user.is_some() => (MessageKind::AlreadyRegistered, pending.challenge),
            Some(undo) => (MessageKind::EmailChanged, undo),
            None => (MessageKind::EmailChange, pending.challenge),
        };
        Ok((kind, self.message(kind, &Recipient::unnamed(&pending.email), Some(challenge))?.into()))
    }

    /// Commits a request with its email, or without it if too many were sent to the address. Returns `None` if the
    /// account has changed in the meantime.
    async fn commit_request(
        &self,
        user: &User,
        email: &EmailAddress,
        write: Batch,
        (kind, mail): (MessageKind, Op),
    ) -> Result<Option<()>> {
        let limit = LimitKind::EmailChanges;
        let key = LimitKey::in_realm(&self.realm.keys, limit, &[user.id.as_str().as_bytes()]);
        let quota = self.settings.limits.email_changes_account;
        let own: Op = LimitOp::Count { kind: limit, key, quota, now: self.ctx.now }.into();
        let quotas = [vec![own.clone()], self.mail_quotas(email)].concat();
        let mut reached = self.commit_within(quotas, [write.clone(), vec![mail]].concat()).await;
        if let Ok(Some(withheld)) = reached
            && withheld != limit
        {
            let audit = self.audit(Event::LimitReached).user(user).limit(withheld);
            reached = self.commit_within(vec![own], [write, batch![audit]].concat()).await;
            self.show_withheld(kind, email.as_str(), withheld.setting());
        }
        match reached {
            Ok(None) => {
                tracing::info!(realm = %self.realm.name, user = %user.id, "change of address requested");
                Ok(Some(()))
            }
            Ok(Some(_)) => {
                self.note_limit_of(user).await?;
                Err(self.too_many(key, quota).await?)
            }
            Err(CommitError::Failed(Precondition::UserRevision)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn too_many(&self, key: LimitKey, quota: Quota) -> Result<Error> {
        let wait = self.ports.store.window(key).await?.wait(quota, self.ctx.now);
        Ok(Error::limited(wait, LimitKind::EmailChanges.setting()))
    }

    /// Cancels the caller's request for a new address and invalidates its link.
    ///
    /// # Errors
    /// Returns `NotFound` if there is no request, `BadToken` if the account was deleted in the meantime, and
    /// `Unavailable` if the store fails.
    pub async fn drop_email_change(&self, owner: &Owner) -> Result<()> {
        retry(ATTEMPTS, "the account kept changing while a change of address was dropped", |_| self.drop_once(owner))
            .await
    }

    async fn drop_once(&self, owner: &Owner) -> Result<Option<()>> {
        let realm = &self.realm.name;
        let user = self.user_of(owner).await?;
        let (row, _) = self.pending_email(&user).await?.ok_or_else(Error::not_found)?;
        let batch = batch![
            UserOp::Update(User { revision: user.revision + 1, ..user.clone() }),
            RecordOp::Delete { realm: realm.clone(), kind: row.kind, key: row.key, revision: Some(row.revision) },
            ChallengeOp::Drop { realm: realm.clone(), subject: user.id.clone(), purpose: Some(Purpose::EmailChange) },
            self.audit(Event::EmailChangeDropped).user(owner),
        ];
        let lost = [Precondition::UserRevision, Precondition::RecordRevision];
        let is_done = self.commit_unless(batch, &lost).await?;
        Ok(is_done.then_some(()))
    }
}
