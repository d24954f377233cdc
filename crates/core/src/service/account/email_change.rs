//! Link to a new address: replaces the address of its user.

use super::{Accounts, Verified};
use crate::{
    account::{PendingEmail, PendingPhone, Profile, User, email::EmailAddress},
    audit::Event,
    batch,
    error::{Error, Result},
    link::{Challenge, LinkAction, PresentedToken, Purpose},
    port::{AddressState, Batch, ChallengeOp, CommitError, Op, Precondition, RecordOp, UserOp},
    record::Record,
    seal::BlindIndex,
    service::kernel::{ATTEMPTS, retry},
};

/// State of the link to a new address.
pub(super) enum ChangeLink {
    /// The link was used and the address replaced.
    Used,
    /// The link has not been used yet.
    Waiting(Box<WaitingChange>),
}

/// Change that the link would make.
pub(super) struct WaitingChange {
    user: User,
    pub(super) pending: PendingEmail,
    challenge: Challenge,
}

/// Purposes of links and codes that were mailed to the address of a user.
const MAILED: [Purpose; 3] = [Purpose::Reset, Purpose::Linking, Purpose::SigninCode];

impl Accounts<'_> {
    /// Returns whether a link is for a new address. The link is not verified yet.
    ///
    /// # Errors
    /// Returns `BadLink` if the link is invalid, and `Unavailable` if the store fails.
    pub(super) async fn is_of_new_address(&self, token: &str) -> Result<bool> {
        let token = PresentedToken::parse(token).ok_or_else(Error::bad_link)?;
        Ok(self.named_challenge(&token).await?.purpose == Purpose::EmailChange)
    }

    /// Returns the change that the link of a new address would make.
    ///
    /// # Errors
    /// Returns `BadLink` if the link or code is invalid for any reason, and `Unavailable` if the store fails.
    pub(super) async fn change_link(&self, token: &str) -> Result<ChangeLink> {
        let challenge = self.proved_challenge(token, LinkAction::ChangeEmail, Purpose::EmailChange).await?;
        if challenge.used_at.is_some() {
            return Ok(ChangeLink::Used);
        }
        let user = self.ports.store.user(&self.realm.name, &challenge.subject).await?.ok_or_else(Error::bad_link)?;
        let pending = self.pending_email(&user).await?.map(|(_, pending)| pending);
        let pending = pending.filter(|pending| pending.challenge == challenge.id).ok_or_else(Error::bad_link)?;
        Ok(ChangeLink::Waiting(Box::new(WaitingChange { user, pending, challenge })))
    }

    /// Replaces the address of the user of a link. Using the link again within its lifetime has the same result and
    /// changes nothing.
    ///
    /// # Errors
    /// Returns `BadLink` if the link is invalid for any reason or another user now has the address, and `Unavailable`
    /// if the store fails.
    pub(super) async fn change_email(&self, token: &str) -> Result<Verified> {
        retry(ATTEMPTS, "the account kept changing during a change of address", |_| self.change_email_once(token)).await
    }

    async fn change_email_once(&self, token: &str) -> Result<Option<Verified>> {
        let change = match self.change_link(token).await? {
            ChangeLink::Used => return Ok(Some(Verified::AddressChanged)),
            ChangeLink::Waiting(change) => change,
        };
        let index = change.pending.email.blind_index(&self.realm.keys);
        let found = self.ports.store.at_address(&self.realm.name, index).await?;
        if found.user.is_some() {
            return Err(Error::bad_link());
        }
        let batch = self.change_batch(&change, index, found).await?;
        match self.commit(batch).await {
            Ok(()) => {
                tracing::info!(realm = %self.realm.name, user = %change.user.id, "address changed");
                Ok(Some(Verified::AddressChanged))
            }
            // Another user has or reserves the address.
            Err(CommitError::Failed(Precondition::UserFree | Precondition::RecordFree)) => Err(Error::bad_link()),
            Err(CommitError::Failed(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn change_batch(&self, change: &WaitingChange, index: BlindIndex, found: AddressState) -> Result<Batch> {
        let WaitingChange { user, pending, challenge } = change;
        let realm = &self.realm.name;
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let before = user.envelope.open_profile(&key)?;
        let profile = Profile { email: pending.email.clone(), ..before.clone() };
        let envelope = user.envelope.with_profile(self.ctx, &key, &profile)?;
        let changed = User { index, envelope, revision: user.revision + 1, ..user.clone() };
        let mut batch = batch![
            ChallengeOp::Spend { realm: realm.clone(), id: challenge.id, now: self.ctx.now },
            self.require_unreserved(index, &user.id),
            self.require_uninvited(index, &user.id),
            UserOp::Update(changed),
            self.end_sessions(&user.id, Some(pending.session.clone())),
            RecordOp::DeleteOf { realm: realm.clone(), owner: user.id.clone(), kind: Some(PendingEmail::KIND) },
            self.audit(Event::EmailChanged).user(user).index(index),
        ];
        batch.extend(self.drop_challenges(user, &[&MAILED[..], &[Purpose::Phone, Purpose::PhoneChange]].concat()));
        batch.extend(self.drop_tickets(user));
        batch.extend(self.reserve(user, &key, &before).await?);
        batch.extend(self.discard_registration(found));
        Ok(batch)
    }

    /// Returns the operations that cancel all pending changes of a user, which another person may have requested with
    /// the previous password: new addresses and numbers with their links and codes, password resets, links for
    /// identities, tickets, and trusted devices.
    pub(in crate::service) fn drop_requests(&self, user: &User) -> Batch {
        let pending = |kind| -> Op {
            RecordOp::DeleteOf { realm: self.realm.name.clone(), owner: user.id.clone(), kind: Some(kind) }.into()
        };
        let mut batch = vec![pending(PendingEmail::KIND), pending(PendingPhone::KIND)];
        let others = [Purpose::Phone, Purpose::EmailChange, Purpose::PhoneChange];
        batch.extend(self.drop_challenges(user, &[&MAILED[..], &others].concat()));
        batch.extend(self.drop_tickets(user));
        batch.push(self.distrust_devices(user));
        batch
    }

    /// Returns the operations that remove the challenges of a user with these purposes.
    pub(in crate::service) fn drop_challenges(&self, user: &User, purposes: &[Purpose]) -> Batch {
        let drop = |purpose: &Purpose| {
            let (realm, subject) = (self.realm.name.clone(), user.id.clone());
            ChallengeOp::Drop { realm, subject, purpose: Some(*purpose) }.into()
        };
        purposes.iter().map(drop).collect()
    }

    /// Opens the link of a new address without using it.
    ///
    /// # Errors
    /// Returns `BadLink` if the link or code is invalid for any reason, and `Unavailable` if the store fails.
    pub(super) async fn open_change(&self, token: &str) -> Result<Option<EmailAddress>> {
        Ok(match self.change_link(token).await? {
            ChangeLink::Used => None,
            ChangeLink::Waiting(change) => Some(change.pending.email),
        })
    }
}
