//! `undo`: undoes the change reported by an email, such as a registration or a change of address or password.

use super::Accounts;
use crate::{
    account::{Profile, Reservation, User},
    audit::Event,
    batch,
    error::{Error, Result},
    link::{Challenge, LinkAction, PresentedToken, Purpose},
    message::{MessageKind, Recipient},
    port::{Batch, ChallengeOp, CommitError, Precondition, RecordOp, UserOp},
    record::RecordRow,
    seal::DataKey,
    service::kernel::{ATTEMPTS, retry},
};

/// Change that a link can undo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undoable {
    Registration,
    /// Change of the address.
    Email,
    /// Change of the password.
    Password,
    /// Addition of a factor.
    Factor,
}

/// Change that a link can undo, and whether it was undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undo {
    pub what: Undoable,
    pub is_done: bool,
}

impl Accounts<'_> {
    /// Returns the change that a link can undo. Nothing is changed.
    ///
    /// # Errors
    /// Returns `BadLink` if the link or code is invalid for any reason, `Limited` if a rate limit is reached, and
    /// `Unavailable` if the store fails.
    pub async fn check_undo(&self, token: &str) -> Result<Undo> {
        let work = async {
            let (what, challenge) = self.undoable(token).await?;
            let is_done = match what {
                Undoable::Registration => {
                    self.rejectable(token).await?;
                    false
                }
                _ if challenge.used_at.is_some() => true,
                Undoable::Email => {
                    self.restorable(&challenge).await?;
                    false
                }
                Undoable::Password | Undoable::Factor => {
                    self.undo_subject(&challenge).await?;
                    false
                }
            };
            Ok(Undo { what, is_done })
        };
        self.try_link(work).await
    }

    /// Undoes the change of a link. Using the link again has the same result and changes nothing, except for
    /// registrations.
    ///
    /// # Errors
    /// Returns `BadLink` if the link or code is invalid for any reason, `Limited` if a rate limit is reached, and
    /// `Unavailable` if the store fails.
    pub async fn undo(&self, token: &str) -> Result<Undoable> {
        let work = async {
            let (what, _) = self.undoable(token).await?;
            match what {
                Undoable::Registration => self.reject(token).await?,
                Undoable::Email | Undoable::Password | Undoable::Factor => {
                    retry(ATTEMPTS, "the account kept changing during an undo", |_| self.undo_once(token)).await?;
                }
            }
            Ok(what)
        };
        self.try_link(work).await
    }

    /// Returns the change that a link can undo, and its challenge, which may already be used.
    async fn undoable(&self, token: &str) -> Result<(Undoable, Challenge)> {
        let token = PresentedToken::parse(token).ok_or_else(Error::bad_link)?;
        let challenge = self.named_challenge(&token).await?;
        let (what, action) = match challenge.purpose {
            Purpose::Registration => (Undoable::Registration, LinkAction::Reject),
            Purpose::EmailUndo => (Undoable::Email, LinkAction::UndoEmail),
            Purpose::PasswordUndo => (Undoable::Password, LinkAction::UndoPassword),
            Purpose::FactorUndo => (Undoable::Factor, LinkAction::UndoFactor),
            _ => return Err(Error::bad_link()),
        };
        self.require_proof(&token, action, &challenge)?;
        Ok((what, challenge))
    }

    async fn undo_once(&self, token: &str) -> Result<Option<()>> {
        let (what, challenge) = self.undoable(token).await?;
        if challenge.used_at.is_some() {
            return Ok(Some(()));
        }
        let batch = match what {
            Undoable::Email => self.restoration(&challenge).await?,
            Undoable::Factor => self.undone_addition(&challenge).await?,
            _ => self.undone_password(&challenge).await?,
        };
        match self.commit(batch).await {
            Ok(()) => {
                tracing::info!(realm = %self.realm.name, user = %challenge.subject, what = ?what, "change undone");
                Ok(Some(()))
            }
            Err(CommitError::Failed(Precondition::UserFree)) => Err(Error::bad_link()),
            Err(CommitError::Failed(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the user of an undo link.
    pub(super) async fn undo_subject(&self, challenge: &Challenge) -> Result<(User, DataKey)> {
        let user = self.ports.store.user(&self.realm.name, &challenge.subject).await?.ok_or_else(Error::bad_link)?;
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        Ok((user, key))
    }

    /// Returns the reservation of an undo link, and all reservations of its user that the undo ends: this one and
    /// those of later changes.
    async fn restorable(&self, challenge: &Challenge) -> Result<(User, DataKey, Reservation, Vec<RecordRow>)> {
        let (user, key) = self.undo_subject(challenge).await?;
        let all = self.reservations_of(&user, &key).await?;
        let named = all.iter().find(|(_, reservation)| reservation.challenges.contains(&challenge.id));
        let named = named.map(|(_, reservation)| reservation.clone()).ok_or_else(Error::bad_link)?;
        let ended = all.into_iter().filter(|(_, reservation)| reservation.since >= named.since);
        let ended = ended.map(|(row, _)| row).collect();
        Ok((user, key, named, ended))
    }

    async fn restoration(&self, challenge: &Challenge) -> Result<Batch> {
        let (user, key, restored, ended) = self.restorable(challenge).await?;
        let before = user.envelope.open_profile(&key)?;
        let has_new_phone = before.phone != restored.phone;
        let phone = before.phone.clone().filter(|_| !has_new_phone);
        let profile = Profile { email: restored.email.clone(), phone, ..before };
        let changed = User {
            index: restored.index,
            envelope: user.envelope.with_profile(self.ctx, &key, &profile)?,
            phone_verified_at: user.phone_verified_at.filter(|_| !has_new_phone),
            phone_disputed: user.phone_disputed && !has_new_phone,
            ..user.clone()
        };
        let (changed, removed) = self.without_factors_since(changed, &key, restored.since).await?;
        let found = self.ports.store.at_address(&self.realm.name, restored.index).await?;
        let (recipient, event) = (Recipient::of(&profile), Event::EmailChangeUndone);
        let mut batch = self.compromise(challenge, changed, MessageKind::EmailChangeUndone, &recipient, event)?;
        let delete = |row: RecordRow| {
            RecordOp::Delete { realm: row.realm, kind: row.kind, key: row.key, revision: Some(row.revision) }.into()
        };
        batch.extend(ended.into_iter().map(delete));
        batch.extend(removed);
        batch.extend(has_new_phone.then(|| self.release_phone(&user).into()));
        batch.extend(self.drop_challenges(&user, &[Purpose::PasswordUndo, Purpose::FactorUndo]));
        batch.extend(self.discard_registration(found));
        Ok(batch)
    }

    /// Returns the operations that end all sessions and pending changes of a user, mark the password as compromised,
    /// and send a password reset link.
    ///
    /// # Errors
    /// Returns `Internal` if the mail cannot be serialized.
    pub(super) fn compromise(
        &self,
        undo: &Challenge,
        user: User,
        kind: MessageKind,
        recipient: &Recipient,
        event: Event,
    ) -> Result<Batch> {
        let mut batch = self.drop_requests(&user);
        batch.extend(self.secure(undo, User { compromised: true, ..user }, kind, recipient, event)?);
        Ok(batch)
    }

    /// Returns the operations that mark an undo link as used, store the changed user, end all sessions, and send a
    /// password reset link.
    ///
    /// # Errors
    /// Returns `Internal` if the mail cannot be serialized.
    pub(super) fn secure(
        &self,
        undo: &Challenge,
        user: User,
        kind: MessageKind,
        recipient: &Recipient,
        event: Event,
    ) -> Result<Batch> {
        let spend = ChallengeOp::Spend { realm: self.realm.name.clone(), id: undo.id, now: self.ctx.now };
        let mut batch = batch![spend];
        batch.extend(self.lock_out(user, kind, recipient, event)?);
        Ok(batch)
    }

    /// Returns the operations that store the changed user, end all sessions, and send a password reset link.
    ///
    /// # Errors
    /// Returns `Internal` if the mail cannot be serialized.
    pub(super) fn lock_out(&self, user: User, kind: MessageKind, recipient: &Recipient, event: Event) -> Result<Batch> {
        let realm = &self.realm.name;
        let reset = Challenge::new(self.ctx, realm, Purpose::Reset, &user.id, self.realm.policy.reset_ttl);
        Ok(batch![
            UserOp::Update(User { revision: user.revision + 1, ..user.clone() }),
            self.end_sessions(&user.id, None),
            self.audit(event).user(&user).index(user.index),
            self.message(kind, recipient, Some(reset.id))?,
            ChallengeOp::Insert(reset),
        ])
    }
}
